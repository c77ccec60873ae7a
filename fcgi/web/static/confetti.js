// One burst of confetti from the centre and two from the sides, drawn on a
// canvas that takes no clicks. Never for those who ask for less motion.

const COLOURS = ["#4540cf", "#f2803a", "#16a0a0", "#cf5d9d", "#e8c547"];
const LIFE = 2200; // ms

const burst = (x, y, angle, spread, n) =>
  Array.from({ length: n }, () => {
    const way = angle + (Math.random() - 0.5) * spread;
    const speed = 0.35 + Math.random() * 0.55;
    return {
      x,
      y,
      vx: Math.cos(way) * speed,
      vy: Math.sin(way) * speed,
      turn: Math.random() * 6,
      colour: COLOURS[Math.floor(Math.random() * COLOURS.length)],
      left: LIFE,
    };
  });

const step = (bits, ms) => {
  for (const bit of bits) {
    bit.vy += 0.0011 * ms;
    bit.vx *= 0.992;
    bit.x += bit.vx * ms;
    bit.y += bit.vy * ms;
    bit.turn += 0.008 * ms;
    bit.left -= ms;
  }
  return bits.filter((bit) => bit.left > 0);
};

const draw = (context, bits) => {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  for (const bit of bits) {
    context.save();
    context.globalAlpha = Math.min(1, bit.left / 500);
    context.translate(bit.x, bit.y);
    context.rotate(bit.turn);
    context.fillStyle = bit.colour;
    context.fillRect(-5, -3, 10, 6);
    context.restore();
  }
};

export const celebrate = () => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const canvas = document.createElement("canvas");
  canvas.className = "confetti";
  canvas.setAttribute("aria-hidden", "true");
  canvas.width = innerWidth;
  canvas.height = innerHeight;
  // In the top layer, above an open dialog.
  if (canvas.showPopover) canvas.popover = "manual";
  document.body.append(canvas);
  canvas.showPopover?.();
  const context = canvas.getContext("2d");
  const { width, height } = canvas;
  let bits = burst(width / 2, height / 2, -Math.PI / 2, Math.PI * 1.4, 90);
  let due = [
    [150, () => burst(0, height * 0.6, -Math.PI / 4, 0.9, 45)],
    [300, () => burst(width, height * 0.6, (-Math.PI * 3) / 4, 0.9, 45)],
  ];
  const began = performance.now();
  let last = began;
  const frame = (now) => {
    for (const [at, make] of due) if (now - began >= at) bits.push(...make());
    due = due.filter(([at]) => now - began < at);
    bits = step(bits, Math.min(now - last, 50));
    last = now;
    draw(context, bits);
    if (bits.length > 0 || due.length > 0) requestAnimationFrame(frame);
    else canvas.remove();
  };
  requestAnimationFrame(frame);
};
