declare module "virtual:digits" {
  const url: string;
  export default url;
}
