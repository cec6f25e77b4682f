declare module "virtual:digits" {
  const base64: string;
  export default base64;
}
