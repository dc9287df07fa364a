// Builds the browser bundles into app/static/bundles and puts the PDF's typeface into app/static/fonts.
// Usage: node app/frontend/build.mjs [--watch]
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const bundles = join(here, '../static/bundles');
const fonts = join(here, '../static/fonts');
const packages = createRequire(import.meta.url);

const TYPEFACES = [
  '@expo-google-fonts/noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf',
  '@expo-google-fonts/noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf',
];

const options = {
  entryPoints: {
    'bpmn-editor': join(here, 'bpmn-editor/index.js'),
    'dmn-editor': join(here, 'dmn-editor/index.js'),
    diagram: join(here, 'diagram/index.js'),
  },
  outdir: bundles,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2020', 'chrome100', 'firefox100', 'safari15'],
  charset: 'utf8',
  legalComments: 'linked',
  logLevel: 'warning',
  assetNames: '[name]-[hash]',
  loader: {
    '.woff2': 'file',
    '.woff': 'empty', '.ttf': 'empty', '.eot': 'empty', '.svg': 'empty',
    '.json': 'json',
  },
};

async function copyTypefaces() {
  await mkdir(fonts, { recursive: true });
  for (const name of TYPEFACES) {
    const source = packages.resolve(name);
    const target = join(fonts, basename(source));
    const size = await stat(target).then((file) => file.size, () => -1);
    if (size !== (await stat(source)).size) {
      await copyFile(source, target);
    }
  }
}

/** Whose work is in the bundles, with the licences that ask to be told. */
async function writeNotices(inputs) {
  const folders = new Set(inputs.map((path) => path.match(/.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
  const told = await Promise.all([...folders].sort().map(async (folder) => {
    const { name, version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    return `${name} ${version}\n\n${licence ? await readFile(join(folder, licence), 'utf8') : ''}`;
  }));
  await writeFile(join(bundles, 'LICENSES.txt'), told.join(`\n${'-'.repeat(80)}\n\n`));
}

async function printSizes() {
  for (const name of (await readdir(bundles)).sort()) {
    if (!['.js', '.css'].includes(extname(name))) continue;
    const bytes = await readFile(join(bundles, name));
    const packed = gzipSync(bytes, { level: 9 }).length;
    console.log(`${name.padEnd(18)} ${kb(bytes.length)} kB, ${kb(packed)} kB gzip`);
  }
}

const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(7);

await copyTypefaces();
if (process.argv.includes('--watch')) {
  await (await context({ ...options, logLevel: 'info' })).watch();
} else {
  await rm(bundles, { recursive: true, force: true });
  const { metafile } = await build({ ...options, metafile: true });
  await writeNotices(Object.keys(metafile.inputs));
  await printSizes();
}
