// The first tabs build on one another: a chat is made, then written to, then followed. Placeholders in
// their variables carry the ids across, so that they run as they stand.
const known = ['chatId', 'replyId', 'jobId', 'cursor'];
const seen = {};

/** Replaces `{{uuid}}` by a fresh UUID, and `{{chatId}}`, `{{replyId}}`, `{{jobId}}` and `{{cursor}}` by what came back last. */
export function fill(variables) {
  if (!variables) return variables;
  return JSON.parse(JSON.stringify(variables), (_, value) => (typeof value === 'string' ? fillText(value) : value));
}

/** Keeps the ids of a result for the tabs that come behind it. */
export function remember(result) {
  const data = result?.data;
  note('chatId', data?.createChat?.chat?.id);
  note('replyId', data?.sendMessage?.reply?.id);
  note('jobId', data?.createJob?.job?.id);
  note('cursor', data?.createChat?.chat?.eventCursor);
}

function note(name, value) {
  if (value) seen[name] = value;
}

function fillText(text) {
  return text.replace(/{{(\w+)}}/g, (placeholder, name) => {
    if (name === 'uuid') return uuid();
    if (name in seen) return seen[name];
    if (known.includes(name)) {
      throw new Error(`${placeholder} is not known yet: run the tab before this one, or write the value in its place.`);
    }
    return placeholder;
  });
}

// crypto.randomUUID is missing on plain http beyond loopback.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
