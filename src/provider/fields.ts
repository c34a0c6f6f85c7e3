// The fields of a header section as plain text (RFC 9110 §5.2): who looks at many of them looks them up here.

/** Values by name in small letters; what is there more than once is joined. Of `set-cookie` nothing is to be read here. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** All of them in one look: asking `Headers` for one after the other, or for a walk over all, takes three times as long. */
export const toFields = (headers: Headers): Fields => headers.toJSON();
