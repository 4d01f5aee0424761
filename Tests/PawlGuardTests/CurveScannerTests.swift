import PawlCore
import Testing

@testable import PawlGuard

private func curve(
  _ output: String, pattern: String = #"^step (\d+) loss ([-+0-9.eEinfa]+)"#, chunks size: Int = 4096
) throws -> [CurvePoint] {
  var scanner = try CurveScanner(rule: CurveRule(pattern: pattern))
  let bytes = Array(output.utf8)
  for start in stride(from: 0, to: bytes.count, by: size) {
    bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { scanner.scan($0) }
  }
  return scanner.finish()
}

@Suite struct `The curve scanner` {
  private static let output =
    "begin\nstep 1 loss 4.5 tokens 3\n\u{1b}[32mstep 2\u{1b}[0m loss 3.5\rstep 3 loss 3.25e0\r\nstep x loss 3\n---\n"
    + "a step 4 loss 9\nstep 5 loss 2.5"

  private static let points = [(1, 4.5), (2, 3.5), (3, 3.25), (5, 2.5)].map {
    CurvePoint(step: Double($0.0), value: $0.1)
  }

  @Test(arguments: [1, 2, 3, 5, 7, 16, 4096]) func `finds the same points however the output was cut`(size: Int) throws {
    #expect(try curve(Self.output, chunks: size) == Self.points)
  }

  @Test func `leaves out falling steps and numbers that are not finite or not decimal`() throws {
    let output = "step 10 loss 1\nstep 5 loss 1\nstep 10 loss 2\nstep 11 loss nan\nstep 12 loss inf\nstep 13 loss 1e999\n"
    #expect(try curve(output + "step 14 loss 0\n").map(\.step) == [10, 14])
    #expect(try curve("s=0x10 v=1\ns=1_000 v=2\n", pattern: #"s=(\S+) v=(\S+)"#).map(\.step) == [1000])
  }

  @Test func `survives bytes that are no text`() throws {
    var scanner = try CurveScanner(rule: CurveRule(pattern: #"step (\d+) loss (\S+)"#))
    var random = SplitMix(state: 7)
    for _ in 0..<200 {
      var bytes = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      bytes += Array("step ".utf8)
      bytes.withUnsafeBytes { scanner.scan($0) }
    }
    #expect(scanner.finish().count <= CurveScanner.pointLimit)
  }

  @Test(arguments: [64, 65, 1_000, 100_000]) func `thins a long curve and keeps its last point`(count: Int) throws {
    let points = try curve((1...count).map { "step \($0) loss \(count - $0)\n" }.joined(), chunks: 1 << 16)
    #expect(points.count <= CurveScanner.pointLimit && points.count > CurveScanner.pointLimit / 4)
    #expect(points.last == CurvePoint(step: Double(count), value: 0))
    #expect(points.allSatisfy { $0.step + $0.value == Double(count) })
    #expect(zip(points, points.dropFirst()).allSatisfy { $0.step < $1.step })
  }

  @Test func `matches few lines of a flood that holds the word`() throws {
    let flood = String(repeating: "step by step, no loss of any kind\n", count: 400_000)
    let points = try curve("step 1 loss 2\n" + flood + "step 2 loss 1\n", chunks: 1 << 16)
    #expect(points == [CurvePoint(step: 1, value: 2), CurvePoint(step: 2, value: 1)])
  }

  @Test func `tells the newest point while the output goes on`() throws {
    var scanner = try CurveScanner(rule: CurveRule(pattern: #"step (\d+) loss (\S+)"#))
    #expect(scanner.newest() == nil)
    for step in 1...10_000 {
      Array("step \(step) loss 1\n".utf8).withUnsafeBytes { scanner.scan($0) }
      if step % 997 == 0 { #expect(scanner.newest()?.step == Double(step)) }
    }
  }

  @Test(arguments: ["loss (.*)", "(a)(b)(c)", "step", "(", "(a)(b))"]) func `wants two groups`(pattern: String) {
    #expect(throws: GuardError.self) { try CurveScanner(rule: CurveRule(pattern: pattern)) }
  }
}
