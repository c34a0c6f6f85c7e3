// Files that the binary carries: importing one with { type: "file" } gives its path.
declare module "*/standalone.js" {
  const path: string;
  export default path;
}
