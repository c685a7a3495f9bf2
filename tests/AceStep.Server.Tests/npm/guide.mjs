// The nine examples of the deployment's guide, as its users write them, with short settings where a test needs them.
// Usage: BASE_URL=.../v1 TOKEN=... node guide.mjs FOLDER_OF_NODE_MODULES; prints one JSON object a line: {name, type, seconds, rate}.
import { createRequire } from 'node:module';
import path from 'node:path';

const Replicate = createRequire(path.join(path.resolve(process.argv[2]), 'x.js'))('replicate');
const replicate = new Replicate({ auth: process.env.TOKEN, baseUrl: process.env.BASE_URL });
const quick = { infer_steps: 20, seed: 12345, sample_rate: 44100 };
const run = (input) => replicate.run('your-username/ace-step', { input: { ...quick, ...input } });

function read(bytes) {
  const b = Buffer.from(bytes);
  if (b.toString('latin1', 0, 4) !== 'RIFF') return { type: b.subarray(0, 4).toString('hex') };
  const at = b.indexOf('data');
  return { type: 'wav', rate: b.readUInt32LE(24), seconds: b.readUInt32LE(at + 4) / b.readUInt32LE(28) };
}

async function show(name, input) {
  const output = await run(input);
  const blob = await output.blob();
  const bytes = await blob.arrayBuffer();
  console.log(JSON.stringify({ name, media: blob.type, bytes: bytes.byteLength, ...read(bytes) }));
  return new File([bytes], `${name}.wav`, { type: 'audio/wav' });
}

const song = await show('text2music', { prompt: 'Upbeat electronic dance music, 128 BPM, energetic synths', audio_duration: 10 });
await show('lyrics', { prompt: 'Pop ballad, emotional, piano', lyrics: '', audio_duration: 10 });
await show('continuation', { task: 'continuation', input_audio: song, continuation_mode: 'extend_end', extend_duration: 5, prompt: 'Continue with an energetic build-up' });
await show('inpainting', { task: 'inpainting', input_audio: song, inpaint_start_time: 3, inpaint_end_time: 6, prompt: 'Replace with a guitar solo' });
await show('style_transfer', { task: 'style_transfer', input_audio: song, style_prompt: 'Jazz, smooth saxophone, swing rhythm', style_strength: 0.8 });
await show('audio2audio', { task: 'audio2audio', input_audio: song, audio2audio_strength: 0.6, prompt: 'Orchestral version, cinematic strings' });
await show('accompaniment', { task: 'vocal_accompaniment', input_audio: song, accompaniment_style: 'jazz', preserve_vocals: true });
if (process.env.LORA) await show('lora', { prompt: 'Chinese rap, hip hop', lora_name_or_path: process.env.LORA, lora_weight: 0.8, audio_duration: 10 });
await show('variation', { prompt: 'Electronic dance music', seed: 12345, variation_seed: 67890, variation_strength: 0.3, audio_duration: 10 });
