// Whole fen, read and written without a float.
export function read(text) {
  const found = /^(\d{1,9})(?:\.(\d{0,2}))?$/.exec(text.replaceAll(",", "").trim());
  if (!found) return undefined;
  return Number(found[1]) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
}

export function plain(fen) {
  const cents = fen % 100;
  return cents ? `${(fen - cents) / 100}.${String(cents).padStart(2, "0")}` : String(fen / 100);
}

function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function money(fen) {
  return `¥${grouped((fen - (fen % 100)) / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

export function points(fen) {
  const cents = fen % 100;
  const whole = grouped((fen - cents) / 100);
  return cents ? `${whole}.${String(cents).padStart(2, "0")}` : whole;
}
