// Words of ccb's own HTTP interface, for people who read English.

export const httpWords = {
  pageNeedsScript: "This page needs JavaScript. The same is to be had in a terminal: ccb status",
  internal:
    "ccb itself failed at this request. Its log has a line with this request id; try again, and report it if it stays.",
  notFound: "There is nothing at this path. GET /docs lists what there is; Claude's API is under /v1/.",
  methodNotAllowed: ({ allow }: { allow: string }): string =>
    `This path does not take that method. It takes: ${allow}.`,
  notJson: 'The body must be JSON. Send it with -H "Content-Type: application/json".',
  brokenJson: "The body is not valid JSON. Check its quotes and commas.",
  bodyTooLong: "The body is longer than this path takes. Send the fields that GET /docs names and nothing else.",
  invalidFields: ({ fields }: { fields: string }): string =>
    `These fields are missing or not as GET /docs says: ${fields}.`,
  badHost: "The Host header is missing or is no host name. Send the address that ccb listens at, localhost:9090 say.",
  badPath: "The path holds an escape that is no UTF-8. Encode it anew.",
  providerUnknown: "No provider of this name is configured. GET /providers lists those there are.",
  requestUnknown:
    "No request of this id is remembered: only the last 1,000 since the start are. GET /requests lists the newest.",
  badLimit: ({ most }: { most: number }): string => `limit must be one whole number from 1 to ${most}.`,
  tooManyListeners: ({ most }: { most: number }): string =>
    `${most} programs listen to ccb's requests already, or it is about to stop. Close one, then try again.`,
  reloadRefused: ({ problems }: { problems: readonly string[] }): string =>
    ["The configuration was not loaded; the one in force stays. Mend this and load it again:", ...problems].join("\n"),
  foreignPage:
    "ccb answers programs, not web pages of others: the Origin or Sec-Fetch-Site header names another site. Call ccb from a program, or from a page of its own.",
};
