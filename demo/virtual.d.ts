declare module "virtual:digits" {
  const url: string;
  export default url;
}

declare module "virtual:training-digits" {
  const url: string;
  export default url;
}
