// A worker that ticks every second: timers of a background tab may sleep for a minute, and an agent
// whose network came back must be reachable at once.

setInterval(() => postMessage("tick"), 1000);
