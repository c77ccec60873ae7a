// Security keys and passkeys in a browser: the functions that the nodes of
// flows name (onclickTrigger, onloadTrigger), under the names that pages made
// for Ory Kratos call. Each reads its options from the form, lets the browser
// ask the person, puts the answer into the hidden field and submits the form.
// Buttons that carry data-trigger, or the name of a known trigger, are bound
// here, so that a page needs no inline handler.
"use strict";
(() => {
  if (window.oryWebAuthnInitialized) return;
  window.oryWebAuthnInitialized = true;

  const field = (name) => document.getElementsByName(name)[0];

  const decode = (text) => {
    const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, (c) => c.charCodeAt(0));
  };

  const encode = (buffer) => {
    if (!buffer) return "";
    let raw = "";
    for (const byte of new Uint8Array(buffer)) raw += String.fromCharCode(byte);
    return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const withIds = (list) => list && list.map((item) => ({ ...item, id: decode(item.id) }));

  // The options as the browser wants them; what was given stays as it is, for
  // a second try.
  const readyOptions = (options) => {
    const key = { ...options.publicKey };
    key.challenge = decode(key.challenge);
    if (key.user) key.user = { ...key.user, id: decode(key.user.id) };
    if (key.excludeCredentials) key.excludeCredentials = withIds(key.excludeCredentials);
    if (key.allowCredentials) key.allowCredentials = withIds(key.allowCredentials);
    return key;
  };

  const answerOf = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData",
      "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = encode(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: encode(credential.rawId),
      type: credential.type,
      response,
    });
  };

  // --- what the person is told ------------------------------------------------

  const texts = {
    InvalidStateError: "This device is registered already.",
    NotAllowedError: "This was cancelled or took too long. Please try again.",
    NotSupportedError: "This device can not be used here.",
    SecurityError: "Security keys do not work at this address.",
  };
  const unsupported = "This browser does not support security keys and passkeys.";

  // Below the button, where the next try begins.
  const tell = (near, text) => {
    const form = near && near.closest("form");
    if (!form) return;
    let note = form.querySelector("[data-webauthn-note]");
    if (!note) {
      note = document.createElement("p");
      note.setAttribute("data-webauthn-note", "");
      note.setAttribute("role", "alert");
      note.className = "field-error";
      near.after(note);
    }
    note.textContent = text;
  };

  // --- ceremonies ---------------------------------------------------------------

  let busy = false;
  let waiting = null; // the offer of passkeys in the field's own list

  const stopWaiting = () => {
    if (waiting) waiting.abort();
    waiting = null;
  };

  // A native submit: fields of other ways to sign in may be empty.
  const send = (result, credential) => {
    result.value = answerOf(credential);
    result.form.submit();
  };

  const run = async (verb, options, result, near) => {
    if (busy || !options || !result) return;
    if (!window.PublicKeyCredential) {
      tell(near, unsupported);
      return;
    }
    busy = true;
    stopWaiting();
    tell(near, "");
    try {
      send(result, await navigator.credentials[verb]({ publicKey: readyOptions(options) }));
    } catch (error) {
      tell(near, texts[error.name] || texts.NotSupportedError);
      passkeyLoginAutocompleteInit();
    } finally {
      busy = false;
    }
  };

  // Options from an argument (an object or its JSON), else from a field.
  const optionsOf = (given, name) => {
    const source = given && !(given instanceof Event) ? given : field(name) && field(name).value;
    return typeof source === "string" && source !== "" ? JSON.parse(source) : source;
  };

  const webAuthnLogin = (options) =>
    run("get", optionsOf(options, "webauthn_login_trigger"), field("webauthn_login"),
      field("webauthn_login_trigger"));

  const webAuthnRegistration = (options) =>
    run("create", optionsOf(options, "webauthn_register_trigger"), field("webauthn_register"),
      field("webauthn_register_trigger"));

  const passkeyLogin = () =>
    run("get", optionsOf(null, "passkey_challenge"), field("passkey_login"),
      field("passkey_login_trigger"));

  const passkeySettingsRegistration = () => {
    const data = optionsOf(null, "passkey_create_data");
    return run("create", data && (data.credentialOptions || data),
      field("passkey_settings_register"), field("passkey_register_trigger"));
  };

  // The passkey is made before the account, so its name comes from the form.
  const passkeyRegistration = () => {
    const data = optionsOf(null, "passkey_create_data");
    const result = field("passkey_register");
    if (!data || !result) return undefined;
    const fields = [...result.form.elements].filter((e) => e.name.startsWith("traits."));
    if (!fields.every((e) => !e.reportValidity || e.reportValidity())) return undefined;
    const options = data.credentialOptions || data;
    const named = result.form.elements[data.displayNameFieldName];
    if (named && named.value && options.publicKey.user.name === "") {
      options.publicKey.user.name = named.value;
      options.publicKey.user.displayName = named.value;
    }
    return run("create", options, result, field("passkey_register_trigger"));
  };

  // Passkeys among the browser's suggestions for the identifier.
  async function passkeyLoginAutocompleteInit() {
    const options = optionsOf(null, "passkey_challenge");
    const result = field("passkey_login");
    const known = window.PublicKeyCredential;
    if (!options || !result || !field("identifier") || waiting) return;
    if (!known || !known.isConditionalMediationAvailable) return;
    const mine = new AbortController();
    waiting = mine;
    try {
      if (!(await known.isConditionalMediationAvailable()) || mine.signal.aborted) return;
      const credential = await navigator.credentials.get({
        publicKey: readyOptions(options),
        mediation: "conditional",
        signal: mine.signal,
      });
      send(result, credential);
    } catch {
      // Nobody chose one; the button is still there.
    } finally {
      if (waiting === mine) waiting = null;
    }
  }

  const functions = {
    oryWebAuthnLogin: webAuthnLogin,
    oryWebAuthnRegistration: webAuthnRegistration,
    oryPasskeyLogin: passkeyLogin,
    oryPasskeyLoginAutocompleteInit: passkeyLoginAutocompleteInit,
    oryPasskeyRegistration: passkeyRegistration,
    oryPasskeySettingsRegistration: passkeySettingsRegistration,
  };
  for (const name of Object.keys(functions)) {
    window[name] = functions[name];
    window[`__${name}`] = functions[name]; // as Kratos before 1.3 called it
  }

  // --- binding --------------------------------------------------------------------

  // What a button of this name does. The one for new passkeys stands in two
  // kinds of forms.
  const byName = {
    webauthn_login_trigger: () => webAuthnLogin(),
    webauthn_register_trigger: () => webAuthnRegistration(),
    passkey_login_trigger: () => passkeyLogin(),
    passkey_register_trigger: () =>
      field("passkey_settings_register") ? passkeySettingsRegistration() : passkeyRegistration(),
  };

  const actionOf = (button) =>
    button.hasAttribute("onclick")
      ? undefined
      : functions[button.getAttribute("data-trigger")] || byName[button.name];

  // On the document, since pages may put their forms in later.
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("button, input");
    const act = button && button.type !== "hidden" && actionOf(button);
    if (act) act();
  });

  const begin = () => {
    for (const name of Object.keys(byName)) {
      const button = field(name);
      if (button && button.hidden) button.hidden = false;
    }
    passkeyLoginAutocompleteInit();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
