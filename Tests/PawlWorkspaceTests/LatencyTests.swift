import PawlCore
import Testing

@testable import PawlWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct `Latency` {
  @Test func `two hundred candidates are made and laid down, and the figures printed`() throws {
    // `PAWL_CANDIDATES=10000 swift test -c release --filter Latency` shows that it stays flat.
    try measure(candidates: getenv("PAWL_CANDIDATES").flatMap { Int(String(cString: $0)) } ?? 200)
  }

  private func measure(candidates: Int) throws {
    let repository = try TemporaryRepository(files: [
      "train.py": String(repeating: "x = 1\n", count: 500), "prepare.py": "p\n", "a/b.txt": "b\n", "README": "r\n",
      "program.md": "m\n",
    ])
    let workspace = try repository.open()
    let study = try StudyName.named("bench")
    let base = try workspace.headCommit()
    let folder = try workspace.prepareFolder(study: study)
    let watch = ContinuousClock()
    var times: [(make: Duration, lay: Duration, remove: Duration)] = []
    let used = clock()
    for trial in 1...candidates {
      var commit = base
      let make = try watch.measure {
        commit = try workspace.makeCandidate(
          study: study, trial: TrialID(rawValue: trial), parent: base,
          edits: [.content("train.py", String(repeating: "x = 1\n", count: 499) + "x = \(trial)\n")],
          message: "Try \(trial)", at: Timestamp(milliseconds: Int64(trial) * 1000)
        ).commit
      }
      let place = "\(folder)/attempt"
      let lay = try watch.measure {
        try workspace.materialise(commit, frozenFrom: base, isEditable: { $0 == "train.py" }, in: place)
      }
      let remove = watch.measure { workspace.remove(place) }
      times.append((make, lay, remove))
    }
    print("\((Int(clock()) - Int(used)) / candidates) us of Pawl's own CPU time a candidate")
    func median(
      _ part: ArraySlice<(make: Duration, lay: Duration, remove: Duration)>,
      _ key: (((make: Duration, lay: Duration, remove: Duration)) -> Duration)
    ) -> Double {
      let sorted = part.map { key($0).seconds * 1000 }.sorted()
      return sorted[sorted.count / 2]
    }
    let tenth = max(1, candidates / 10)
    for (name, part) in [("first", times.prefix(tenth)), ("last", times.suffix(tenth))] {
      print(
        "\(name) \(tenth) of \(candidates): make \(median(part, { $0.make }).fixed(decimals: 3)) ms, lay down "
          + "\(median(part, { $0.lay }).fixed(decimals: 3)) ms, remove \(median(part, { $0.remove }).fixed(decimals: 3)) ms"
      )
    }
    #expect(
      try repository.run("for-each-ref", "--format=x", "refs/pawl/bench/trials").split(separator: "\n").count
        == candidates)
  }
}
