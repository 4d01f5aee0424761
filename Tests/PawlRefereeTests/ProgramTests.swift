import PawlCore
import PawlSandbox
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The program `pawl-lab` as users call it: by hand, and as an attempt inside of Pawl's own sandbox.
@Suite(.serialized) struct ProgramTests {
  /// The `pawl-lab` that was built with these tests: it lies in a folder above the program that runs them.
  private static let program: String? = {
    guard let real = realpath("/proc/self/exe", nil) else { return nil }
    defer { free(real) }
    let parts = String(cString: real).split(separator: "/")
    return (1..<parts.count).reversed().lazy.map { "/" + parts.prefix($0).joined(separator: "/") + "/pawl-lab" }
      .first { path in
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      }
  }()

  /// The example of the repository, with a text of the test's.
  private func makeExample(_ place: CandidatePlace) throws {
    let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/examples/referee/"
    for name in ["referee.py", "train.py"] {
      try place.write(String(decoding: try #require(readFile(folder + name)), as: UTF8.self), to: name)
    }
    try place.write(String(decoding: CandidatePlace.text, as: UTF8.self), to: "train.txt")
    try place.write(String(decoding: CandidatePlace.text.reversed(), as: UTF8.self), to: "held-out.txt")
    try place.write("hidden too", to: "notes.txt")
  }

  private static let call = "referee --text held-out.txt --hide notes.txt --context 32 --windows 100"

  @Test func `the example trains, is judged, and gets a score that depends on its seed`() throws {
    let place = try CandidatePlace()
    try makeExample(place)
    let program = try #require(Self.program)
    var scores: [String] = []
    for seed in ["1", "1", "2"] {
      let (ending, bytes) = try ChildProcess.output(
        "/bin/sh",
        [
          "-c",
          "cd '\(place.path)/work' && exec '\(program)' \(Self.call) --cpu 1.5 --metric bits --seed-env S -- /usr/bin/python3 train.py train.txt",
        ], environment: currentEnvironment() + ["S=\(seed)"], seconds: 600)
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(ending.succeeded && text.contains("---\nbits: ") && text.contains("isolation: full"), "\(text)")
      scores.append(String(text.split(separator: "\n").first { $0.hasPrefix("bits: ") } ?? ""))
    }
    #expect(scores[2] != scores[0])
  }

  /// Runs a shell command as Pawl runs an attempt.
  private func attempt(_ shell: String, in place: CandidatePlace) throws -> (run: SandboxedRun, output: String) {
    let sandbox = try Sandbox.probe(requirement: .full)
    var output: [UInt8] = []
    var command = SandboxedCommand(
      shell: shell, directory: place.path + "/work", budget: Budget(wallSeconds: 600), logPath: place.path + "/log")
    // Wherever the checkout lies: a sandbox has a home and a /tmp of its own.
    command.policy.readable = [Self.program].compactMap { $0 }.map {
      String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)])
    }
    let run = try sandbox.run(command, cancellation: Cancellation()) { output += $0 }
    return (run, String(decoding: output, as: UTF8.self))
  }

  @Test func `inside of Pawl's sandbox the referee makes one of its own, as strong`() throws {
    let place = try CandidatePlace()
    try makeExample(place)
    let program = try #require(Self.program)
    let judged = try attempt("'\(program)' \(Self.call) --cpu 1.5 -- /usr/bin/python3 train.py train.txt", in: place)
    #expect(judged.run.outcome == .exited(code: 0), "\(judged.output)")
    #expect(judged.output.contains("isolation: full") && judged.output.contains("---\nval_bpb: "))
    let look = """
      cat held-out.txt notes.txt; echo x > held-out.txt; ls /proc; (exec 3<>/dev/tcp/127.0.0.1/22) && echo connected
      exit 3
      """
    try place.write(look, to: "look.sh")
    let seen = try attempt("'\(program)' \(Self.call) -- /bin/bash look.sh", in: place)
    #expect(seen.run.outcome == .exited(code: 4), "\(seen.output)")
    #expect(
      seen.output.contains("held-out.txt: Permission denied") && seen.output.contains("notes.txt: Permission denied"))
    #expect(!seen.output.contains("connected") && !seen.output.contains("| 1\n"))
    #expect(readFile(place.path + "/work/held-out.txt") == CandidatePlace.text.reversed())
    try place.write("from cheat import *\nwhile True: pass", to: "spin.py")
    let late = try attempt("'\(program)' \(Self.call) --cpu 0.5 -- /usr/bin/python3 spin.py", in: place)
    #expect(late.run.outcome == .exited(code: 5) && late.output.contains("of processor time, of a budget of `0.50` s"))
    try place.write(
      "from cheat import *\nimport threading, time\nthreading.stack_size(65536)\n"
        + "for _ in range(1000): threading.Thread(target=time.sleep, args=(500,), daemon=True).start()\ntime.sleep(500)",
      to: "threads.py")
    let threads = try attempt("'\(program)' \(Self.call) -- /usr/bin/python3 threads.py", in: place)
    #expect(threads.run.outcome == .exited(code: 4) && threads.output.contains("threads"), "\(threads.output)")
  }

  @Test func `a key in the home folder and the history of the folder are not in sight, a Python environment is`() throws
  {
    let place = try CandidatePlace()
    let program = try #require(Self.program)
    try makeExample(place)
    let look = """
      for path in .git/HEAD ../home/.ssh/id ../home/venv/bin; do cat $path; done
      env | grep -c KEY_OF_MINE; env | grep LISTED; exit 3
      """
    try place.write(look, to: "look.sh")
    let shell = """
      cd '\(place.path)/work' && mkdir -p .git ../home/.ssh ../home/venv && echo leak | tee .git/HEAD > ../home/.ssh/id
      echo environment > ../home/venv/bin
      HOME='\(place.path)/home' KEY_OF_MINE=1 LISTED=yes exec '\(program)' \(Self.call) --env LISTED -- /bin/sh look.sh
      """
    let (ending, bytes) = try ChildProcess.output("/bin/sh", ["-c", shell], seconds: 600)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(ending.code == 4 && !text.contains("leak"))
    #expect(text.contains("| environment\n| 0\n| LISTED=yes\n"), "\(text)")
  }

  @Test func `where there is no bwrap the referee refuses, and says what to do`() throws {
    let place = try CandidatePlace()
    let program = try #require(Self.program)
    try makeExample(place)
    func call(_ more: String) throws -> (code: Int32, text: String) {
      let (ending, bytes) = try ChildProcess.output(
        "/bin/sh",
        [
          "-c",
          "cd '\(place.path)/work' && PATH=/nowhere exec '\(program)' \(Self.call) \(more) -- /usr/bin/python3 train.py train.txt",
        ],
        seconds: 600)
      return (ending.code, String(decoding: bytes, as: UTF8.self))
    }
    let refused = try call("--cpu 1")
    #expect(
      refused.code == 1 && refused.text.contains("error: this host cannot keep a candidate away from the held-out text")
    )
    #expect(refused.text.contains("hint: `--isolation none`") && !refused.text.contains("val_bpb"))
    let allowed = try call("--isolation none --cpu 1")
    #expect(
      allowed.code == 0 && allowed.text.contains("isolation: none") && allowed.text.contains("warning: "),
      "\(allowed.text)")
  }
}
