// The control API.

import { complain } from "./dom.js";

async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`/_sim${path}`, options);
  } catch {
    complain("The simulator does not answer. Is it still running?");
    return null;
  }
  const json = response.status === 204 ? {} : await response.json().catch(() => ({}));
  if (!response.ok) {
    complain(json.detail ?? json.title ?? `The simulator answered ${response.status}.`);
    return null;
  }
  return json;
}

export const read = (path) => call("GET", path);
export const act = (path, body = {}) => call("POST", path, body);
export const put = (path, body) => call("PUT", path, body);
export const remove = (path) => call("DELETE", path);
/** Something a person does; the page does not wait for the bot. */
export const as = (person, what, body) => act(`/people/${person}/${what}?wait=false`, body);
