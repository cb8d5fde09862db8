// One person, one line: of several open windows only one carries the sound of a call. The others
// wait for it, and the next one takes over when it is closed.

/**
 * @param {string} id handoff
 * @param {() => import("./call.js").Call|null} begin opens the line once it may; null: not wanted
 * @param {{steal?: boolean, onElsewhere?: () => void}} [options] steal: take it from another window
 */
export async function carry(id, begin, { steal = false, onElsewhere = () => {} } = {}) {
  let call = null;
  const hold = async () => {
    call = begin();
    await call?.over;
  };
  if (!navigator.locks) return hold();
  const name = `zhiban-call-${id}`;
  try {
    if (steal) return await navigator.locks.request(name, { steal }, hold);
    const held = await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock) await hold();
      return Boolean(lock);
    });
    if (held) return undefined;
    onElsewhere();
    return await navigator.locks.request(name, hold);
  } catch (error) {
    if (error.name !== "AbortError") throw error;
    call?.end("elsewhere"); // another window has taken it
    return undefined;
  }
}
