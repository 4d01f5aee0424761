import PawlTestSupport
import Testing

/// A checkout of the karpathy/autoresearch layout, with a stand-in for `train.py` that is valid for both Python and `sh`.
///
/// `python3` is a script in the home folder that calls `sh`: the tests need no Python, and it shows that programs from the home
/// folder stay readable inside the sandbox.
struct Checkout {
  let repository: TemporaryRepository
  let environment: [String: String]

  init(train: String = Checkout.train) throws {
    repository = try TemporaryRepository(
      ["train.py": train, "prepare.py": "# frozen: data and evaluation\n", "program.md": "# autoresearch\n"])
    try repository.write("#!/bin/sh\nexec sh \"$@\"\n", to: "\(repository.home)/tools/python3")
    repository.shell("chmod +x '\(repository.home)/tools/python3'")
    environment = ["PATH": "\(repository.home)/tools:/usr/local/bin:/usr/bin:/bin"]
  }

  static let train = """
    # Autoresearch stand-in: prints the summary of the real script.
    DEPTH=8
    EMBEDDING=512
    seed=${PAWL_SEED:-0}
    loss=$(((DEPTH - 12) * (DEPTH - 12) * 500 + (EMBEDDING - 768) * (EMBEDDING - 768) / 64 + seed % 200 + 990000))
    echo "step 00000 | loss: 9.0110"
    echo "step 00100 | val_bpb: 3.000000"
    echo "---"
    printf 'val_bpb:          %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))
    echo "training_seconds: 300.1"
    echo "total_seconds:    325.9"
    echo "peak_vram_mb:     45060.2"
    echo "mfu_percent:      39.80"
    echo "total_tokens_M:   499.6"
    echo "num_steps:        953"
    echo "num_params_M:     50.3"
    echo "depth:            8"

    """
}

@Suite struct KarpathyTests {
  @Test func `an unchanged checkout of karpathy's layout goes from init to results`() throws {
    let checkout = try Checkout()
    let repository = checkout.repository
    let before = try repository.git("rev-parse", "HEAD")

    let initialised = repository.pawl("init", environment: checkout.environment)
    #expect(initialised.code == 0)
    try expectSnapshot("karpathy-init", initialised.shown, normalised: Normaliser(repository))
    #expect(repository.read("program.md") == "# autoresearch\n", "the user's own program.md stays as it is")
    try expectSnapshot(
      "karpathy-yaml", try #require(repository.read("pawl.yaml")), normalised: Normaliser(repository))
    repository.ignoreForeignLoad()

    let run = repository.pawl("run", "--trials", "4", environment: checkout.environment)
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("baseline 3/3  val_bpb"))

    let table = repository.pawl("export", "--format", "tsv", environment: checkout.environment)
    #expect(table.code == 0)
    let lines = table.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.first == "commit\tval_bpb\tmemory_gb\tstatus\tdescription")
    #expect(lines.last == "")
    let rows = lines.dropFirst().dropLast()
    #expect(rows.count == 5, "the baseline and four trials: \(table.output)")
    let shape = try Regex(#"[0-9a-f]{7}\t[0-9]+\.[0-9]{6}\t44\.0\t(keep|discard)\t[^\t]+"#)
    for row in rows { #expect(row.wholeMatch(of: shape) != nil, "row `\(row)`") }
    let baseline = try #require(rows.first?.split(separator: "\t"))
    #expect(baseline[0] == before.prefix(7))
    #expect(baseline[3...].elementsEqual(["keep", "baseline"]))
    #expect(Double(baseline[1]).map { (0.99...1.2).contains($0) } == true, "what follows the last --- counts")

    // The user's tree is as it was, but for what `init` wrote.
    #expect(try repository.git("status", "--short") == "?? pawl.yaml")
    #expect(try repository.git("rev-parse", "HEAD") == before)
    #expect(try repository.git("branch", "--show-current") == "main")
  }

  @Test func `a crashed candidate is a crash in results and a failed one never a zero elsewhere`() throws {
    // Whichever knob is turned first: that depends on how busy the machine is.
    let crashing = Checkout.train.replacing("seed=$", with: "[ $DEPTH-$EMBEDDING = 8-512 ] || exit 1\nseed=$")
    let checkout = try Checkout(train: crashing)
    #expect(checkout.repository.pawl("init", environment: checkout.environment).code == 0)
    checkout.repository.ignoreForeignLoad()
    #expect(checkout.repository.pawl("run", "--trials", "4", environment: checkout.environment).code == 0)
    let table = checkout.repository.pawl("export", environment: checkout.environment).output
    let crashes = table.split(separator: "\n").filter { $0.contains("\tcrash\t") }
    let shape = try Regex(#"[0-9a-f]{7}\t0\.000000\t0\.0\tcrash\t[^\t]+"#)
    #expect(!crashes.isEmpty, "\(table)")
    for row in crashes { #expect(row.wholeMatch(of: shape) != nil, "row `\(row)`") }
    let lines = checkout.repository.pawl("log", "--state", "crashed", "--json", environment: checkout.environment)
    #expect(lines.output.split(separator: "\n").count == crashes.count)
    #expect(!lines.output.contains("\"mean\""), "no measurement is absent, not 0")
  }
}
