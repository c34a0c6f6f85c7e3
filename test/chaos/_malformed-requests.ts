// Requests that are no good HTTP, or that mean different things to different parsers: what the client gets, and which
// requests the upstream sees. Bun's parser answers most of them, with a bare status and FIN (no envelope there).
const HOST = "Host: localhost";
const CLOSE = "Connection: close";
const lines = (...all: readonly string[]): string => all.join("\r\n");
const get = (target: string, ...headers: readonly string[]): string =>
  lines(`GET ${target} HTTP/1.1`, HOST, ...headers, "", "");
const post = (headers: readonly string[], body: string): string =>
  lines("POST /v1/messages HTTP/1.1", HOST, "Content-Type: application/json", ...headers, "", body);

const BODY = '{"model":"claude-fault","max_tokens":1,"messages":[]}';
const SIZE = BODY.length.toString(16);
const CHUNKED = `${SIZE}\r\n${BODY}\r\n0\r\n\r\n`;
const TE = "Transfer-Encoding: chunked";
const length = (text: string): string => `Content-Length: ${text.length}`;
/** What must never arrive. */
const SMUGGLED = get("/v1/smuggled");

export interface RequestRow {
  /** One character a byte. */
  readonly sends: string;
  /** Statuses of the replies, ccb's own error type, and how the connection ended. */
  readonly expect: string;
  /** What the upstream saw, behind its prefix; none: nothing. */
  readonly arrives?: readonly string[];
  /** That, or nothing: the connection may end before it is sent on. */
  readonly orNothing?: true;
}

const refused = (sends: string): RequestRow => ({ sends, expect: "400, fin" });
/** Bun ends a connection on which a request comes before the last one is answered (RFC 9112 §9.3.2 lets it). */
const ended = (sends: string, ...arrives: readonly string[]): RequestRow => ({
  sends,
  expect: "nothing, fin",
  arrives,
  orNothing: true,
});
const relayed = (sends: string, ...arrives: readonly string[]): RequestRow => ({ sends, expect: "200, fin", arrives });
const ONE = "POST /v1/messages 53";

/** How long is the body? */
export const BODIES: Readonly<Record<string, RequestRow>> = {
  "CL and TE": refused(post([length(BODY), TE], CHUNKED)),
  "CL and TE, a request behind the chunks": refused(post([length(CHUNKED + SMUGGLED), TE], CHUNKED + SMUGGLED)),
  "TE and CL": refused(post([TE, "Content-Length: 4"], CHUNKED)),
  "two different CL": refused(post([length(BODY), "Content-Length: 2"], BODY)),
  "two equal CL": relayed(post([length(BODY), length(BODY), CLOSE], BODY), ONE),
  "CL as a list": refused(post([`${length(BODY)}, 2`], BODY)),
  "CL with a sign": refused(post([`Content-Length: +${BODY.length}`], BODY)),
  "CL in hexadecimal": refused(post(["Content-Length: 0x35"], BODY)),
  "CL below zero": refused(post(["Content-Length: -1"], BODY)),
  "CL of 2^66": refused(post(["Content-Length: 99999999999999999999"], BODY)),
  "CL that is empty": refused(post(["Content-Length: "], BODY)),
  "TE of an unknown name": refused(post(["Transfer-Encoding: xchunked"], CHUNKED)),
  "TE chunked, identity": refused(post(["Transfer-Encoding: chunked, identity"], CHUNKED)),
  "TE twice": refused(post([TE, "Transfer-Encoding: identity"], CHUNKED)),
  "TE with a space before its colon": refused(post(["Transfer-Encoding : chunked", length(CHUNKED)], CHUNKED)),
  "TE with a control character": refused(post(["Transfer-Encoding: \x0bchunked", length(CHUNKED)], CHUNKED)),
  "TE in HTTP/1.0": refused(lines("POST /v1/messages HTTP/1.0", HOST, TE, "", CHUNKED)),
  "a chunk with an extension": relayed(post([TE, CLOSE], `${SIZE};a=b\r\n${BODY}\r\n0\r\n\r\n`), ONE),
  "LF in a chunk's extension": refused(post([TE], `2;\nxx\r\n${CHUNKED}${SMUGGLED}`)),
  "LF for CR LF between chunks": refused(post([TE], CHUNKED.replaceAll("\r\n", "\n"))),
  "a chunk of 2^68 bytes": refused(post([TE], `ffffffffffffffff1\r\n${BODY}\r\n0\r\n\r\n`)),
  "a chunk below zero": refused(post([TE], `-5\r\n${BODY}\r\n0\r\n\r\n`)),
  "a chunk that is longer than it says": refused(post([TE], `${SIZE}\r\n${BODY}XX0\r\n\r\n${SMUGGLED}`)),
  "100 kB of a chunk's extension": { sends: post([TE], `${SIZE};${"a".repeat(100_000)}\r\n`), expect: "413, fin" },
  // Bun knows no trailers and takes them for the beginning of another request.
  "trailers that would replace headers": {
    sends: post([TE], `${SIZE}\r\n${BODY}\r\n0\r\nHost: evil\r\nx-api-key: evil\r\n\r\n`),
    expect: "400, fin",
    arrives: [ONE],
    orNothing: true,
  },
  "a request as a trailer": {
    sends: post([TE], `${SIZE}\r\n${BODY}\r\n0\r\nGET /v1/smuggled?a:b HTTP/1.1\r\n${HOST}\r\n\r\n`),
    expect: "400, fin",
    arrives: [ONE],
    orNothing: true,
  },
  "a request behind the body": ended(post([length(BODY)], BODY + SMUGGLED), ONE),
  "a request as the body of a GET": relayed(get("/v1/a", length(SMUGGLED), CLOSE) + SMUGGLED, "GET /v1/a 0"),
  "a request as the chunked body of a GET": relayed(
    `${get("/v1/a", TE, CLOSE)}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    "GET /v1/a 0",
  ),
  "three requests at once": ended(get("/v1/a") + get("/v1/b") + get("/v1/c"), "GET /v1/a 0"),
  "an expectation that ccb does not know": relayed(post(["Expect: 200-maybe", length(BODY), CLOSE], BODY), ONE),
};

/** What is a header? */
export const HEADS: Readonly<Record<string, RequestRow>> = {
  "a folded header": refused(get("/v1/a", "X-A: b", " c: d")),
  "a fold before the first header": refused(lines("GET /v1/a HTTP/1.1", " X-A: b", HOST, "", "")),
  "LF for CR LF": { sends: get("/v1/a").replaceAll("\r\n", "\n"), expect: "505, fin" },
  "LF in a header": refused(get("/v1/a", "X-A: b\nX-B: c")),
  "CR in a header": refused(get("/v1/a", "X-A: b\rX-B: c")),
  "NUL in a value": refused(get("/v1/a", "X-A: b\0c")),
  "NUL in a name": refused(get("/v1/a", "X\0A: b")),
  "a header without a colon": refused(get("/v1/a", "X-A")),
  "a header without a name": refused(get("/v1/a", ": b")),
  "a space in a name": refused(get("/v1/a", "X A: b")),
  "a header of 100 kB": { sends: get("/v1/a", `X-A: ${"a".repeat(100_000)}`), expect: "431, fin" },
  "a header of 20 MB": { sends: get("/v1/a", `X-A: ${"a".repeat(20_000_000)}`), expect: "431, fin" },
  "1,000 headers": {
    sends: get("/v1/a", ...Array.from({ length: 1000 }, (_, at) => `X-${at}: a`)),
    expect: "431, fin",
  },
  "no Host": refused(lines("GET /v1/a HTTP/1.1", "", "")),
  "two Hosts": { sends: get("/v1/a", "Host: evil", CLOSE), expect: "403 permission_error, fin" },
  "a foreign Host": { sends: get("/v1/a", CLOSE).replace("localhost", "evil"), expect: "403 permission_error, fin" },
  "a Host with a path": {
    sends: get("/v1/a", CLOSE).replace("localhost", "localhost/@evil"),
    expect: "400 invalid_request_error, fin",
  },
  "Connection that names Host and the length": relayed(
    get("/v1/a", "Connection: close, host, content-length, x-api-key"),
    "GET /v1/a 0",
  ),
  "an upgrade to WebSocket": relayed(
    get("/v1/a", "Connection: upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "GET /v1/a 0",
  ),
  "an upgrade to h2c": relayed(
    get("/v1/a", "Connection: Upgrade, HTTP2-Settings, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "GET /v1/a 0",
  ),
  "HTTP/0.9": { sends: "GET /v1/a\r\n", expect: "505, fin" },
  "HTTP/1.9": { sends: get("/v1/a").replace("1.1", "1.9"), expect: "505, fin" },
  "HTTP/2 with prior knowledge": refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  "a TLS greeting": refused("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
  "50 kB of NUL": refused("\0".repeat(50_000)),
  "an empty line before the request": refused(`\r\n${get("/v1/a", CLOSE)}`),
  "a method with a forbidden character": refused(get("/v1/a").replace("GET", "G@T")),
  "a method in small letters": ended(get("/v1/a").replace("GET", "get")),
  // An upstream that answers it shows the credential (RFC 9110 §9.3.8).
  TRACE: { sends: get("/v1/a", CLOSE).replace("GET", "TRACE"), expect: "405 invalid_request_error, fin" },
  CONNECT: {
    sends: get("evil.example:443", CLOSE).replace("GET", "CONNECT"),
    expect: "400 invalid_request_error, fin",
  },
};

const notFound = (target: string): RequestRow => ({ sends: get(target, CLOSE), expect: "404 not_found_error, fin" });
const at = (target: string, arrives: string): RequestRow => relayed(get(target, CLOSE), `GET ${arrives} 0`);

/** Which path? What leaves /v1/ must not reach the upstream; "PORT" is a server that nobody may be sent to. */
export const TARGETS: Readonly<Record<string, RequestRow>> = {
  // RFC 9112 §3.2.2: taken. Bun drops the authority: the Host header is what the guard goes by, and the upstream the configured one.
  "http://localhost/v1/a": at("http://localhost/v1/a", "/v1/a"),
  "http://user@localhost/v1/a": at("http://a:b@localhost/v1/a", "/v1/a"),
  "another server in absolute form": at("http://127.0.0.1:PORT/v1/a", "/v1/a"),
  "ftp://localhost/v1/a": refused(get("ftp://localhost/v1/a")),
  "//v1/a": notFound("//v1/a"),
  "//127.0.0.1:PORT/v1/a": notFound("//127.0.0.1:PORT/v1/a"),
  "///v1/a": notFound("///v1/a"),
  "/v1//a": at("/v1//a", "/v1//a"),
  "/v1//127.0.0.1:PORT/a": at("/v1//127.0.0.1:PORT/a", "/v1//127.0.0.1:PORT/a"),
  "/v1/a/../b": at("/v1/a/../b", "/v1/b"),
  "/v1/%2e/a": at("/v1/%2e/a", "/v1/a"),
  "/v1/../secret": notFound("/v1/../secret"),
  "/v1/../../secret": notFound("/v1/../../secret"),
  "/v1/%2e%2e/%2E./secret": notFound("/v1/%2e%2e/%2E./secret"),
  "/v1\\..\\secret": notFound("/v1\\..\\secret"),
  "/v1/a\\..\\..\\secret": notFound("/v1/a\\..\\..\\secret"),
  // An encoded slash is none (RFC 3986 §2.2): it goes on as it came.
  "/v1/..%2f..%2fsecret": at("/v1/..%2f..%2fsecret", "/v1/..%2f..%2fsecret"),
  "/v1/..%5csecret": at("/v1/..%5csecret", "/v1/..%5csecret"),
  "/health/../v1/a": at("/health/../v1/a", "/v1/a"),
  "/%76%31/a": notFound("/%76%31/a"),
  "/V1/a": notFound("/V1/a"),
  "/v1/a%00b": at("/v1/a%00b", "/v1/a%00b"),
  "/v1/a%0d%0aX:%20y": at("/v1/a%0d%0aX:%20y", "/v1/a%0d%0aX:%20y"),
  "/v1/%zz": at("/v1/%zz", "/v1/%zz"),
  "/v1/a#fragment": at("/v1/a#fragment", "/v1/a"),
  "NUL in the target": { sends: get("/v1/a\0b"), expect: "505, fin" },
  "a space in the target": { sends: get("/v1/a b"), expect: "505, fin" },
  "*": refused(get("*")),
  "v1/a": refused(get("v1/a")),
  "?x": refused(get("?x")),
  "@127.0.0.1:PORT/v1/a": refused(get("@127.0.0.1:PORT/v1/a")),
  ":80/v1/a": refused(get(":80/v1/a")),
  "a target of 100 kB": { sends: get(`/v1/${"a".repeat(100_000)}`), expect: "431, fin" },
};
