/** Waits for a state that no event tells of, by asking again and again; gives up loudly, so that no test runs for ever. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 15_000, everyMs = 1): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
