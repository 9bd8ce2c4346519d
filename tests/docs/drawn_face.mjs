// A camera that shows a drawn face, and a microphone that is silent: runs in a page, before its own scripts.

/** @param {{wall: string, clothes: string, skin: string, hair: string, isLong: boolean}} face  colours, and the hair */
export function drawFace({ wall, clothes, skin, hair, isLong }) {
  const [width, height] = [640, 360];
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  const ellipse = (colour, x, y, across, down, from = 0, to = 2 * Math.PI) => {
    context.fillStyle = colour;
    context.beginPath();
    context.ellipse(x, y, across, down, 0, from, to);
    context.fill();
  };
  const line = (colour, thickness, x, y, across, down, from, to) => {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.lineCap = 'round';
    context.beginPath();
    context.ellipse(x, y, across, down, 0, from, to);
    context.stroke();
  };
  const draw = () => {
    const light = context.createLinearGradient(0, 0, width, height);
    light.addColorStop(0, wall);
    light.addColorStop(1, '#fbf7ef');
    context.fillStyle = light;
    context.fillRect(0, 0, width, height);
    if (isLong) ellipse(hair, 320, 190, 104, 150);
    ellipse(clothes, 320, 400, 190, 120);
    ellipse(skin, 320, 285, 36, 40);
    ellipse(hair, 320, 150, 92, 100);
    ellipse(skin, 320, 175, 78, 98);
    ellipse(hair, 320, 118, 84, 54, Math.PI, 2 * Math.PI);
    for (const x of [290, 350]) {
      ellipse('#fff', x, 172, 14, 9);
      ellipse('#3b2a20', x, 172, 7, 8);
      line(hair, 5, x, 156, 17, 7, 1.15 * Math.PI, 1.85 * Math.PI);
    }
    line('#a8674f', 4, 320, 196, 8, 12, 0.2 * Math.PI, 0.8 * Math.PI);
    line('#a63a3a', 6, 320, 218, 30, 20, 0.15 * Math.PI, 0.85 * Math.PI);
  };
  draw();
  setInterval(draw, 100);
  navigator.mediaDevices.enumerateDevices = async () => []; // there is nothing to choose
  navigator.mediaDevices.getUserMedia = async () => {
    const silence = new AudioContext().createMediaStreamDestination().stream;
    return new MediaStream([...canvas.captureStream(10).getTracks(), ...silence.getTracks()]);
  };
}
