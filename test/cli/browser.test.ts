// Which addresses a browser is opened with: they come from the server, which may be another machine's.
import { expect, test } from "bun:test";
import { isWebAddress } from "../../src/cli/login/browser.ts";

test("web addresses alone", () => {
  for (const address of ["https://claude.ai/oauth/authorize?code=true", "http://127.0.0.1:9/oauth/authorize"])
    expect([address, isWebAddress(address)]).toEqual([address, true]);
  for (const address of [
    "file:///C:/Users/me/Downloads/x.exe",
    "\\\\files.example\\share\\x.exe",
    "javascript:alert(1)",
    "ms-settings:",
    "--help",
    "claude.ai",
    "",
    " https://claude.ai/",
    "https://claude.ai/\n",
  ])
    expect([address, isWebAddress(address)]).toEqual([address, false]);
});
