// Lets one login through while failures from elsewhere make the account wait: the browser works for it. Looks for a
// number that makes a hash begin with so many zero bits.
const encoder = new TextEncoder();

async function solve(nonce, bits) {
  const batch = 1024;
  for (let begin = 0; ; begin += batch) {
    const hash = (_, index) => crypto.subtle.digest("SHA-256", encoder.encode(`${nonce}:${begin + index}`));
    const hashes = await Promise.all(Array.from({ length: batch }, hash));
    const found = hashes.findIndex((one) => new DataView(one).getUint32(0) >>> (32 - bits) === 0);
    if (found >= 0) return begin + found;
  }
}

for (const part of document.querySelectorAll("[data-work]")) {
  const [button, field] = [part.querySelector("button"), part.querySelector("input")];
  // Browsers hash in secure contexts alone.
  if (!crypto.subtle) continue;
  part.querySelector("p").hidden = true;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!field.form.reportValidity()) return;
    button.disabled = true;
    button.textContent = button.dataset.meanwhile;
    field.value = await solve(part.dataset.work, Number(part.dataset.bits));
    field.form.submit();
  });
}
