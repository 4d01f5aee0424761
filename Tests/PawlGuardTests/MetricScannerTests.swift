import PawlCore
import Testing

@testable import PawlGuard

/// Scans `output` in chunks of `size` bytes.
func read(
  _ output: String, pattern: String = #"^val_bpb:\s+([-+0-9.eE]+|nan|inf)"#, plausible: ClosedRange<Double>? = nil,
  memory: String? = nil, chunks size: Int = 4096
) throws -> MetricReading {
  var scanner = try MetricScanner(
    rule: MetricRule(
      name: "val_bpb", pattern: pattern, direction: .minimize, plausible: plausible, memoryPattern: memory))
  let bytes = Array(output.utf8)
  for start in stride(from: 0, to: bytes.count, by: size) {
    bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { scanner.scan($0) }
  }
  return scanner.finish()
}

private let summary = """
  step 00953 (99.9%) | loss: 2.99
  ---
  val_bpb:          0.997900
  training_seconds: 300.1
  peak_vram_mb:     45060.2
  num_steps:        953

  """

@Suite struct `The metric scanner` {
  @Test(arguments: [1, 2, 3, 7, 16, 64, 4096])
  func `reads the same however the output is cut`(size: Int) throws {
    let reading = try read(summary, memory: "^peak_vram_mb:", chunks: size)
    #expect(reading.value == 0.9979)
    #expect(reading.remark == nil)
    #expect(reading.memory == Bytes(Int64(45060.2 * 1_048_576)))
  }

  @Test(arguments: [
    ("val_bpb: 1.5", 1.5), ("val_bpb: 1.5\r\n", 1.5), ("val_bpb:\t-2e-3\n", -0.002), ("val_bpb: .5\n", 0.5),
    ("\u{1b}[1mval_bpb:\u{1b}[0m \u{1b}[32m0.75\u{1b}[0m\n", 0.75), ("10%|#\r20%|##\rval_bpb: 3\n", 3),
    ("val_bpb: 3\r\u{1b}[2K", 3), ("\u{1b}]0;title\u{07}val_bpb: 4\n", 4), ("val_bpb: 5, other: 6\n", 5),
    ("val_bpb: 1.25 (eval took 3s)\n", 1.25), ("x\n\n\nval_bpb: 8", 8), ("bad \u{fffd}\nval_bpb: 9\n", 9),
  ])
  func `finds the number`(output: String, expected: Double) throws {
    for size in [1, 5, 4096] {
      let reading = try read(output, chunks: size)
      #expect(reading.value == expected)
      #expect(reading.remark == nil)
    }
  }

  @Test(arguments: [
    ("val_bpb: nan\n", "metric is not finite: `nan`"), ("val_bpb: inf\n", "metric is not finite: `inf`"),
    ("val_bpb: 1e999\n", "metric is not finite: `1e999`"),
    ("val_bpb: 0,997\n", "the number `0,997` has a comma: print it with a point, whatever the locale"),
    ("val_bpb: 0.997abc\n", "the number `0.997abc` is followed by other text"),
    ("val_bpb: 0x1p3\n", "the number `0x1p3` is followed by other text"),
    ("val_bpb: 1.2.3\n", "`1.2.3` is not a number"), ("val_bpb: 1e\n", "`1e` is not a number"),
    ("val_bpb: 100\n", "metric `100.0` is outside what is plausible: `0.1` to `8.0`"),
    ("val_bpb: 0\n", "metric `0.0` is outside what is plausible: `0.1` to `8.0`"),
    ("", #"no line matched `^val_bpb:\s+([-+0-9.eE]+|nan|inf)`"#),
    (" val_bpb: 1\n", #"no line matched `^val_bpb:\s+([-+0-9.eE]+|nan|inf)`"#),
    ("val_bpb: skipped\n", #"no line matched `^val_bpb:\s+([-+0-9.eE]+|nan|inf)`; the nearest was `val_bpb: skipped`"#),
    (
      "val_bpb: 1\n---\nloss: 3\n",
      #"no line matched `^val_bpb:\s+([-+0-9.eE]+|nan|inf)` after the last `---`"#
    ),
  ])
  func `gives no value and says why`(output: String, remark: String) throws {
    let reading = try read(output, plausible: 0.1...8)
    #expect(reading.value == nil)
    #expect(reading.remark == remark)
  }

  @Test func `reads no hexadecimal number through a pattern that captures one`() throws {
    let reading = try read("v: 0x1p3\n", pattern: "v: (.*)")
    #expect(reading.value == nil)
    #expect(reading.remark == "`0x1p3` is not a decimal number")
  }

  @Test(arguments: [
    (1, nil), (2, "metric printed 2 times; the last one counts"), (64, "metric printed 64 times; the last one counts"),
    (65, "metric printed more than 64 times; the last one counts"),
    (1000, "metric printed more than 64 times; the last one counts"),
  ])
  func `takes the last of several and says so`(count: Int, remark: String?) throws {
    let output = (1...count).map { "val_bpb: \($0)\n" }.joined()
    for size in [10, 4096, 1 << 20] {
      let reading = try read(output, chunks: size)
      #expect(reading.value == Double(count))
      #expect(reading.remark == remark)
    }
  }

  @Test func `counts only what follows the last separator`() throws {
    let output = "val_bpb: 1\nval_bpb: 2\n ---\t\nval_bpb: 3\n----\nval_bpb: 4\n--- no\nx ---\n"
    for size in [1, 9, 4096] {
      let reading = try read(output, chunks: size)
      #expect(reading.value == 4)
      #expect(reading.remark == "metric printed 2 times; the last one counts")
    }
  }

  @Test func `forgets the memory of an earlier summary`() throws {
    let reading = try read("peak: 5\n---\nval_bpb: 1\n", memory: "^peak:")
    #expect(reading.value == 1)
    #expect(reading.memory == nil)
  }

  @Test func `finds a match in front of many lines that only look like one`() throws {
    let noise = String(repeating: "step val_bpb: none yet\n", count: 500)
    let reading = try read(noise + "best val_bpb: 0.5\n" + noise, pattern: #"val_bpb: ([0-9.]+)"#)
    #expect(reading.value == 0.5)
    #expect(reading.remark == nil)
  }

  @Test(arguments: [
    (#"(?i)VAL_BPB: ([0-9.]+)"#, "val_bpb: 2\n"), (#"([0-9.]+) is it"#, "2 is it\n"), (#"a: (\d)|b: \d"#, "a: 2\n"),
    (#"^(?:loss|val): ([0-9.]+)$"#, "val: 2\n"), (#"METRIC v=([0-9.]+)"#, "METRIC v=2\n"),
    (#"x{1,2}y+ = ([0-9.]+)"#, "xyy = 2\n"), (#"^\{"v": ([0-9.]+)\}"#, "{\"v\": 2}\n"), (#"^v$:?|v (\d)"#, "v 2\n"),
    (#"loss: ([0-9.]+)ms"#, "loss: 2ms\n"), (#"val_bpb"#, "val_bpb = 2\n"), (#"größe: (\d)"#, "größe: 2\n"),
  ])
  func `takes patterns of many shapes`(pattern: String, line: String) throws {
    #expect(try read("noise\n" + line + "noise\n", pattern: pattern).value == 2)
  }

  @Test(arguments: ["(", "(a)(b)", "[z-a]", "*", String(repeating: "a", count: 2000), "a(?<n>b)(c)"])
  func `refuses patterns that capture no single number`(pattern: String) throws {
    let error = #expect(throws: GuardError.self) { try read("", pattern: pattern) }
    #expect(error?.code == .badPattern)
  }

  @Test func `looks at the first 64 KiB of a line and survives one without end`() throws {
    let long = String(repeating: "x", count: 1 << 20)
    for size in [1000, 4 << 20] {
      #expect(try read(long + "val_bpb: 1\nval_bpb: 2\n", chunks: size).value == 2)
      #expect(try read(long + "val_bpb: 1\n", pattern: "val_bpb: ([0-9]+)", chunks: size).value == nil)
      #expect(try read("val_bpb: 3 " + long, chunks: size).value == 3)
    }
  }

  @Test func `agrees with a plain line-by-line reading on random output`() throws {
    var random = SplitMix(state: 7)
    let pieces = [
      "val_bpb: ", "1.5", "\n", "\r", "---", "\n---\n", " ", "val_", "bpb", "\u{1b}[0m", "x", "-", "val_bpb: 2\n",
    ]
    for _ in 0..<400 {
      let output = (0..<40).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined()
      var last: Double?
      var bytes = output.replacing("\u{1b}[0m", with: "")
      bytes = bytes.replacing("\r", with: "\n")
      for line in bytes.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
        let line = String(line)
        if line.split(separator: " ") == ["---"] { last = nil }
        guard let match = line.firstMatch(of: #/^val_bpb:\s+([-+0-9.eE]+|nan|inf)/#) else { continue }
        let rest = line[match.1.endIndex...]
        last = rest.first.map { $0.isLetter || $0 == "_" } == true ? nil : Double(match.1)
      }
      let size = 1 + Int(random.next() % 20)
      #expect(try read(output, chunks: size).value == last, "\(output.debugDescription) in chunks of \(size)")
    }
  }
}

/// SplitMix64 (Steele et al. 2014), so that the same outputs are tried on every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
