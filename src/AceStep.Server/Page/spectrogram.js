// The spectrogram of a song: time to the right, 40 Hz to 16 kHz upwards by octaves, 80 dB from dark to bright.
const Size = 2048;
const Columns = 600;
const Rows = 160;
const Lowest = 40;
const Highest = 16000;
const Depth = 80;

// From silence to loud; each is red, green, blue.
const Colours = [[10, 10, 35], [70, 20, 110], [180, 50, 100], [245, 140, 50], [255, 250, 190]];

export async function drawSpectrogram(canvas, sound) {
  canvas.width = Columns;
  canvas.height = Rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(Columns, Rows);
  const samples = sound.getChannelData(0);
  const levels = new Float32Array(Columns * Rows);
  const real = new Float32Array(Size);
  const imaginary = new Float32Array(Size);
  let top = -Infinity;
  for (let column = 0; column < Columns; column++) {
    const start = Math.floor((column + 0.5) * samples.length / Columns) - Size / 2;
    for (let i = 0; i < Size; i++) {
      real[i] = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos(2 * Math.PI * i / Size));
      imaginary[i] = 0;
    }

    transform(real, imaginary);
    for (let row = 0; row < Rows; row++) {
      const bin = at => Math.min(Size / 2 - 1, Math.round(Lowest * (Highest / Lowest) ** (at / Rows) * Size / sound.sampleRate));
      let power = 1e-12;
      for (let k = bin(row); k <= Math.max(bin(row), bin(row + 1) - 1); k++) {
        power = Math.max(power, real[k] ** 2 + imaginary[k] ** 2);
      }

      const level = levels[column * Rows + row] = 10 * Math.log10(power);
      top = Math.max(top, level);
    }

    // The page stays quick while it is drawn.
    if (column % 60 === 59) {
      await new Promise(resolve => setTimeout(resolve));
    }
  }

  for (let column = 0; column < Columns; column++) {
    for (let row = 0; row < Rows; row++) {
      const place = Math.min(1, Math.max(0, 1 + (levels[column * Rows + row] - top) / Depth)) * (Colours.length - 1);
      const low = Math.min(Colours.length - 2, Math.floor(place));
      const at = ((Rows - 1 - row) * Columns + column) * 4;
      for (let part = 0; part < 3; part++) {
        image.data[at + part] = Colours[low][part] + (Colours[low + 1][part] - Colours[low][part]) * (place - low);
      }

      image.data[at + 3] = 255;
    }
  }

  context.putImageData(image, 0, 0);
}

// The fast Fourier transform, in place.
function transform(real, imaginary) {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) {
      j ^= bit;
    }

    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j], real[i]];
      [imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]];
    }
  }

  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const cosine = Math.cos(-Math.PI * k / half);
      const sine = Math.sin(-Math.PI * k / half);
      for (let i = k; i < size; i += 2 * half) {
        const j = i + half;
        const re = real[j] * cosine - imaginary[j] * sine;
        const im = real[j] * sine + imaginary[j] * cosine;
        real[j] = real[i] - re;
        imaginary[j] = imaginary[i] - im;
        real[i] += re;
        imaginary[i] += im;
      }
    }
  }
}
