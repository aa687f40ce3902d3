// Payment codes as docs/concepts/payment-code.md says them: an HMAC over the device and the minute.
export const STEP = 60;
const LABEL = new TextEncoder().encode("tongbao payment code 1");

export async function paymentCode(key, device, seconds) {
  const message = new Uint8Array(LABEL.length + 16);
  message.set(LABEL);
  const numbers = new DataView(message.buffer, LABEL.length);
  numbers.setBigUint64(0, BigInt(device));
  numbers.setBigUint64(8, BigInt(Math.floor(seconds / STEP)));
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, message));
  const mark = String(mac.getBigUint64(0) % 10000000n).padStart(7, "0");
  const digits = "9" + String(device).padStart(9, "0") + mark;
  return digits + checkDigit(digits);
}

function checkDigit(digits) {
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (place % 2 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  });
  return (10 - (sum % 10)) % 10;
}

export function grouped(digits) {
  return digits.match(/.{1,4}/g).join(" ");
}
