/** Lint reports as SARIF 2.1.0, which code scanners and CI services read [OASIS, "SARIF Version 2.1.0"]. */
import type { ArchitectureId } from '../arch/architecture.ts';
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import { frameHex } from '../image/frames.ts';
import type { LintResult } from '../lint/engine.ts';
import type { Example, LintReport, RangePlace } from '../lint/reports.ts';
import { type LintRule, refsOf } from '../lint/rule.ts';
import { longCitation } from '../refs.ts';
import type { Answer } from './answer.ts';
import { lintRecord } from './lint.ts';

/** The same word for the same report in every run: what a service follows from one commit to the next. */
const fingerprint = ({ rule, message, spaces }: LintReport): string =>
  `${rule.id}/${[...spaces].sort().join(',')}/${message}`;

/** A rule, with what it cites for this architecture. */
const ruleOf = (rule: LintRule, arch: ArchitectureId | undefined) => ({
  id: rule.id,
  shortDescription: { text: rule.title },
  fullDescription: { text: rule.explain },
  help: { text: `${rule.explain}\n\n${refsOf(rule, arch).map(longCitation).join('\n')}`.trimEnd() },
  defaultConfiguration: { level: rule.severity },
});

/** `el1.ttbr1/va 0xffff…`: addresses have 64 bits and JSON numbers 53, so they are names. */
function logical(place: RangePlace) {
  const { regime, name } = place.space.candidate;
  const address = `${regime.input} ${frameHex(place.input)}`;
  return { name: address, fullyQualifiedName: `${name}/${address}`, kind: 'resource' };
}

function locations(uri: string, { place, ways }: Example) {
  const physicalLocation = { artifactLocation: { uri } };
  switch (place.is) {
    case 'range':
      return [{ physicalLocation, logicalLocations: [logical(place)] }];
    case 'pages': {
      const page = { name: `pa ${frameHex(place.frame)}`, kind: 'resource' };
      return [{ physicalLocation, logicalLocations: [page, ...ways.map(logical)] }];
    }
    case 'space':
      return [
        { physicalLocation, logicalLocations: [{ name: place.space.candidate.name, kind: 'namespace' }] },
      ];
  }
}

const amount = ({ ranges, bytes, entries }: LintReport): string =>
  bytes === 0n
    ? ''
    : ` (${counted(ranges, 'range')}, ${entries > 0 ? `${counted(entries, 'entry', 'entries')}, ` : ''}${hex(bytes)} bytes)`;

/**
 * One SARIF log with one run.
 * @param uri the dump, as it was named
 */
function sarif(
  { reports, spaces }: LintResult,
  rules: readonly LintRule[],
  { uri, version }: { readonly uri: string; readonly version: string },
) {
  const arch = spaces[0]?.space.candidate.regime.arch;
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'memattr', version, rules: rules.map(rule => ruleOf(rule, arch)) } },
        artifacts: [{ location: { uri } }],
        invocations: [
          {
            executionSuccessful: true,
            toolExecutionNotifications: spaces.flatMap(({ space, limits, missing }) => [
              ...limits.map(text => ({
                level: 'note',
                message: { text: `${space.candidate.name}: ${text}` },
              })),
              ...(missing > 0
                ? [
                    {
                      level: 'warning',
                      message: { text: `${space.candidate.name}: tables not in the image: ${missing}` },
                    },
                  ]
                : []),
            ]),
          },
        ],
        results: reports.map(report => {
          const { schema: _schema, examples, ref, ...properties } = lintRecord(report);
          return {
            ruleId: report.rule.id,
            ruleIndex: rules.indexOf(report.rule),
            level: report.severity,
            message: { text: `${report.spaces.join(', ')}: ${report.message}${amount(report)}` },
            locations: report.examples.flatMap(example => locations(uri, example)),
            partialFingerprints: { 'memattr/v1': fingerprint(report) },
            properties: { ...properties, ref, examples },
          };
        }),
      },
    ],
  };
}

/** The log as an answer: a form of its own. @param uri the dump, as it was named */
export const sarifAnswer = (
  result: LintResult,
  rules: readonly LintRule[],
  about: { readonly uri: string; readonly version: string },
): Answer<LintReport> => ({
  records: [],
  lines: () => [JSON.stringify(sarif(result, rules, about), null, 2)],
});
