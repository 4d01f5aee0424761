import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A folder with a held-out text and candidates for one test, removed with it.
final class CandidatePlace {
  let path: String
  /// Text that a model can learn a little of, without two equal windows.
  static let text: [UInt8] = {
    var (state, text): (UInt64, [UInt8]) = (7, [])
    let words = ["the ", "lamp ", "burns ", "low ", "and ", "no ", "one ", "comes ", "to ", "mend ", "it.\n", "Then "]
    while text.count < 20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      text += Array(words[Int(state >> 33) % words.count].utf8)
    }
    return text
  }()

  init() throws {
    // Not under /tmp, which every sandbox hides: what a test hides must be hidden by what it tests.
    var current = [CChar](repeating: 0, count: 4096)
    let folder = getcwd(&current, current.count).map { String(cString: $0) } ?? "/tmp"
    path = "\(folder)/.build/referee-\(UInt64.random(in: .min ... .max))"
    try #require(mkdir(path, 0o755) == 0)
    for folder in ["work", "frozen"] { try #require(mkdir("\(path)/\(folder)", 0o755) == 0) }
    try writeFile(Self.text, to: heldOut)
    try writeFile(Array(Self.library.utf8), to: path + "/work/cheat.py")
  }

  deinit { removeFolder(path) }

  var heldOut: String { path + "/frozen/held-out.txt" }

  func write(_ text: String, to name: String) throws { try writeFile(Array(text.utf8), to: "\(path)/work/\(name)") }

  /// What came of a candidate, with all that was printed meanwhile.
  struct Judged {
    let result: Result<TrainingRun.Result, LabError>
    let output: String

    /// The error; fails the test when there is a measurement, or when a line could pass for a metric.
    func failure(_ place: SourceLocation = #_sourceLocation) throws -> LabError {
      for line in output.split(separator: "\n") {
        #expect(
          ["| ", "step ", "warning: "].contains { line.hasPrefix($0) }, "an unmarked line: \(line)",
          sourceLocation: place)
      }
      switch result {
      case .success(let run):
        Issue.record("it was given \(run.bitsPerByte)", sourceLocation: place)
        throw LabError(.usage, "it was given a measurement")
      case .failure(let error): return error
      }
    }
  }

  /// Judges a Python candidate that begins with `from cheat import *`.
  func judged(
    python: String, windows: Int = 120, budget: TrainingBudget = TrainingBudget(hardSeconds: 600),
    isolation: TrainingRun.Isolation = .full, memoryBytes: Int? = nil, diskBytes: Int = 1 << 30
  ) throws -> Judged {
    try write("from cheat import *\n" + python, to: "candidate.py")
    return try judged(
      ["/usr/bin/python3", "candidate.py"], windows: windows, budget: budget, isolation: isolation,
      memoryBytes: memoryBytes, diskBytes: diskBytes)
  }

  func judged(
    _ command: [String], windows: Int = 120, budget: TrainingBudget = TrainingBudget(hardSeconds: 600),
    isolation: TrainingRun.Isolation = .full, memoryBytes: Int? = nil, diskBytes: Int = 1 << 30
  ) throws -> Judged {
    var generator = SystemRandomNumberGenerator()
    let examination = try Examination(text: Self.text, context: 32, windows: windows, generator: &generator)
    var candidate = Candidate(
      command, environment: ["PAWL_SEED": "1"], directory: path + "/work", view: .hostWithout([path + "/frozen"]),
      threads: 200)
    (candidate.memoryBytes, candidate.diskBytes) = (memoryBytes, diskBytes)
    var run = TrainingRun(candidate, examination: examination, budget: budget, seed: 1, isolation: isolation)
    let printed = path + "/printed"
    let target = open(printed, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    try #require(target >= 0)
    defer { close(target) }
    (run.output, run.errors) = (target, target)
    let result: Result<TrainingRun.Result, LabError>
    do throws(LabError) { result = .success(try run.execute()) } catch { result = .failure(error) }
    return Judged(result: result, output: String(decoding: readFile(printed) ?? [], as: UTF8.self))
  }

  /// The candidate's side of the protocol, and an honest model to be dishonest with: counts of bytes that follow bytes.
  private static let library = """
    import array, math, os, struct, sys

    def take(count):
        data = b""
        while len(data) < count:
            more = os.read(3, count - len(data))
            if not more: return None
            data += more
        return data

    def receive():
        head = take(8)
        if head is None: return None, b""
        kind, count = struct.unpack("<II", head)
        return kind, take(count)

    def send(kind, payload):
        data = memoryview(struct.pack("<II", kind, len(payload)) + payload)
        while data: data = data[os.write(4, data):]

    def numbers(payload): return struct.unpack("<%dQ" % (len(payload) // 8), payload)

    kind, payload = receive()
    assert kind == 5
    version, context, vocabulary, most, seed, operations, steps, cpu, wall = numbers(payload)[:9]

    def trained(steps=1, tokens=1, operations=0, parameters=65536):
        send(2, struct.pack("<4Q", steps, tokens, operations, parameters))

    def row(counts):
        total = float(sum(counts))
        return array.array("f", [math.log(count / total) for count in counts])

    sample = b"the lamp burns low and no one comes to mend it.\\nThen "
    table = [[0.02] * 256 for _ in range(256)]
    for one, two in zip(sample, sample[1:]): table[one][two] += 1
    rows = [row(counts).tobytes() for counts in table]
    uniform = row([1] * 256).tobytes()

    def honest(window): return b"".join(rows[byte] for byte in window)

    def answer(predict=honest, before=lambda: None):
        while True:
            kind, payload = receive()
            if kind is None: sys.exit(0)
            before()
            send(4, b"".join(predict(payload[i:i + context]) for i in range(0, len(payload), context)))

    """
}
