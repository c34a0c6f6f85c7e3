// Where the page is. It is public, keys or not: it holds no data, and asks for a key itself.

export const PAGE_PATH = "/";
export const SCRIPT_PATH = "/page/app.js";
export const STYLE_PATH = "/page/app.css";
export const ICON_PATH = "/page/icon.svg";

export const PAGE_PATHS: ReadonlySet<string> = new Set([PAGE_PATH, SCRIPT_PATH, STYLE_PATH, ICON_PATH]);
