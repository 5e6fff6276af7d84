// Draws `static/world.svg` from Natural Earth, which the npm package world-atlas carries.
//
// npm install world-atlas@2.0.2 topojson-client@3 d3-geo@3 i18n-iso-countries@7 && node packaging/world-map.mjs > static/world.svg
//
// Each country is a group with its code as id. A small one gets a dot, large enough to see and to tap.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';
import { geoEqualEarth, geoPath } from 'd3-geo';

const require = createRequire(import.meta.url);
const codes = new Map(require('i18n-iso-countries/codes.json').map(([alpha2, , numeric]) => [numeric, alpha2]));
const atlas = (name) => JSON.parse(readFileSync(require.resolve(`world-atlas/${name}.json`)));
const countries = (topology) => feature(topology, topology.objects.countries).features;

const WIDTH = 1000, HEIGHT = 470;
/// Square units; smaller shapes get a dot.
const SMALL = 30;
// Natural Earth numbers neither; both have a code that providers use.
const BY_NAME = { Kosovo: 'XK', 'N. Cyprus': 'CY', Somaliland: 'SO' };

const projection = geoEqualEarth().rotate([-11, 0]).fitExtent([[2, 2], [WIDTH - 2, HEIGHT + 38]], { type: 'Sphere' });
const path = geoPath(projection);
const code = (country) => codes.get(country.id) ?? BY_NAME[country.properties.name];

/// The rings of a path, relative and in whole units; what vanishes is left out.
const compact = (d) => d.split('M').slice(1).map((ring) => {
  const points = ring.replace('Z', '').split('L').map((point) => point.split(',').map((n) => Math.round(Number(n))));
  const distinct = points.filter(([x, y], at) => at === 0 || x !== points[at - 1][0] || y !== points[at - 1][1]);
  if (distinct.length < 3) return '';
  let [x, y] = distinct[0];
  const lines = distinct.slice(1).map(([toX, toY]) => {
    const line = `${toX - x} ${toY - y}`;
    [x, y] = [toX, toY];
    return line;
  });
  return `M${distinct[0].join(' ')}l${lines.join(' ')}z`;
}).join('').replaceAll(' -', '-');

const shapes = new Map();
const add = (country, part) => shapes.set(country, (shapes.get(country) ?? '') + part);
const large = new Set();
for (const country of countries(atlas('countries-110m'))) {
  const at = code(country);
  if (!at || at === 'AQ') continue;
  const d = compact(path(country) ?? '');
  if (d) add(at, `<path d="${d}"/>`);
  if (path.area(country) >= SMALL) large.add(at);
}
for (const country of countries(atlas('countries-50m'))) {
  const at = code(country);
  if (!at || at === 'AQ' || large.has(at)) continue;
  const [x, y] = path.centroid(country).map(Math.round);
  if (Number.isFinite(x)) add(at, `<circle cx="${x}" cy="${y}" r="4"/>`);
}
const groups = [...shapes].sort().map(([at, parts]) => `<g id="${at}">${parts}</g>`);
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}"><g id="land">${groups.join('')}</g></svg>`);
