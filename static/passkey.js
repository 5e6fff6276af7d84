// Passkeys: puts the server's question to the browser, and sends its answer with the form around. JSON has no bytes,
// so they travel as Base64url.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withBytes = (credentials) => credentials?.map((one) => ({ ...one, id: bytes(one.id) }));

const WORDS = {
  NotAllowedError: "No passkey answered, or it took too long. Try again.",
  InvalidStateError: "This authenticator has a passkey of your account already.",
};

async function answerOf({ passkey, make }) {
  const question = await fetch(passkey);
  if (!question.ok) throw new Error(`status ${question.status}`);
  const publicKey = await question.json();
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  publicKey.excludeCredentials = withBytes(publicKey.excludeCredentials);
  publicKey.allowCredentials = withBytes(publicKey.allowCredentials);
  const ask = make === undefined ? "get" : "create";
  const { id, type, authenticatorAttachment, response } = await navigator.credentials[ask]({ publicKey });
  const given = { clientDataJSON: text(response.clientDataJSON) };
  if (ask === "create") {
    given.attestationObject = text(response.attestationObject);
    given.transports = response.getTransports?.() ?? [];
  } else {
    given.authenticatorData = text(response.authenticatorData);
    given.signature = text(response.signature);
    given.userHandle = response.userHandle?.byteLength ? text(response.userHandle) : null;
  }
  return JSON.stringify({
    id, rawId: id, type, authenticatorAttachment, clientExtensionResults: {}, response: given,
  });
}

for (const part of document.querySelectorAll("[data-passkey]")) {
  const [hint, mistake] = part.querySelectorAll("p");
  const [button, field] = [part.querySelector("button"), part.querySelector("input")];
  hint.hidden = Boolean(window.PublicKeyCredential);
  button.hidden = !window.PublicKeyCredential;
  button.addEventListener("click", async () => {
    const { form } = field;
    const { action } = part.dataset;
    // What else the form needs, so that no passkey is asked in vain.
    const others = action ? [] : form.querySelectorAll("[type=password]:required");
    if (![...others].every((input) => input.reportValidity())) return;
    button.disabled = true;
    mistake.hidden = true;
    try {
      field.value = await answerOf(part.dataset);
      if (action) form.action = action;
      form.submit();
    } catch (error) {
      mistake.textContent = WORDS[error.name] ?? "That did not work. Load this page again, or use another way.";
      mistake.hidden = false;
      button.disabled = false;
    }
  });
}
