import { expect, test } from 'vitest';
import { parseRegisters, RegisterSyntaxError, registerName } from '../../src/text/registers.ts';

test('QEMU info registers, two CPUs, bare hex and padded names', () => {
  const { form, cpus } = parseRegisters(
    'CPU#0\r\nR8 =0000000000000008 CR0=80050033 CR3=0000000006200000 CR4=00750ef0\r\nEFER=0000000000000d01\r\n\r\nCPU#1\r\nCR3=0000000000010000\r\n',
  );
  expect(form).toBe('qemu');
  expect(cpus.map(cpu => cpu.get('CR3'))).toEqual([0x6200000n, 0x10000n]);
  expect(cpus[0]?.get('EFER')).toBe(0xd01n);
  expect(cpus[0]?.get('R8')).toBe(8n);
});

test('gdb info registers: the first column after the name, 0x required', () => {
  const { form, cpus } = parseRegisters(
    'VTTBR_EL2      0x2000042f78000     562951076937728\ncr3            0x7c01000           [ PDBR=31745 PCID=0 ]\n',
  );
  expect(form).toBe('gdb');
  expect(cpus[0]?.get('VTTBR_EL2')).toBe(0x2000042f78000n);
  expect(cpus[0]?.get('CR3')).toBe(0x7c01000n);
});

test('JSON: nested objects, MSR numbers, one set per element of cpus', () => {
  const { cpus } = parseRegisters(
    JSON.stringify({
      cpus: [{ CR3: '0x1000' }, { CR3: '0x2000' }],
      msr: { '0x277': '0x0407050600070106', '0x201': '0x800', '0x1234': 1 },
      secondLevel: { eptp: '0x94205e' },
    }),
  );
  expect(cpus.map(cpu => cpu.get('CR3'))).toEqual([0x1000n, 0x2000n]);
  expect(cpus[1]?.get('PAT')).toBe(0x0407050600070106n);
  expect(cpus[1]?.get('MTRR_PHYSMASK0')).toBe(0x800n);
  expect(cpus[1]?.get('MSR_0X1234')).toBe(1n);
  expect(cpus[0]?.get('EPTP')).toBe(0x94205en);
});

test('ANSI escapes and prompts do not hide values', () => {
  expect(parseRegisters('(qemu) \u001b[K\nCR3=0000000007c01000 CR4=00000668').cpus[0]?.get('CR3')).toBe(
    0x7c01000n,
  );
});

test('text without registers, and JSON that is none, are refused in a sentence', () => {
  expect(() => parseRegisters('hello world')).toThrow(RegisterSyntaxError);
  expect(() => parseRegisters('{"CR3": }')).toThrow(/looks like JSON but is not/);
});

test('names are one, however they are spelled', () => {
  expect(registerName('0x2ff')).toBe('MTRR_DEF_TYPE');
  expect(registerName('sctlr')).toBe('SCTLR_EL1');
  expect(registerName('VBAR')).toBe('VBAR_EL1');
  expect(registerName('ID_AA64MMFR3_EL1_RESERVED')).toBe('ID_AA64MMFR3_EL1');
  expect(registerName('nCR3')).toBe('NCR3');
});
