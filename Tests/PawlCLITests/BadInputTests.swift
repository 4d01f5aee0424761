import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a user gets for bad input: a clear error with a hint, its exit code, and nothing lost.
@Suite struct BadInputTests {
  private func repository(_ files: [String: String] = ["train.sh": TrainingScript.shell()]) throws
    -> TemporaryRepository
  {
    try TemporaryRepository(files)
  }

  // MARK: the repository

  @Test func `outside of a repository every command says so`() throws {
    let repository = try repository()
    for command in ["init", "run", "status", "log", "report", "export", "diff", "pause"] {
      let run = repository.pawl(command, directory: repository.place)
      #expect(run.code == 1, "\(command)")
      #expect(run.messages.contains("is in no git repository"), "\(command): \(run.messages)")
    }
    try expectSnapshot(
      "no-repository", repository.pawl("run", directory: repository.place).shown, normalised: Normaliser(repository))
  }

  @Test func `a repository without commits is refused`() throws {
    let repository = try repository([:])
    try expectSnapshot("no-commits", repository.pawl("init").shown, normalised: Normaliser(repository))
  }

  @Test func `without pawl yaml run names init`() throws {
    let repository = try repository()
    try expectSnapshot("no-yaml", repository.pawl("run").shown, normalised: Normaliser(repository))
  }

  @Test func `a dirty tree is refused, or recorded with allow-dirty`() throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    try repository.write(TrainingScript.shell(before: "# not committed"), to: "train.sh")
    try repository.write("x", to: "notes with spaces.txt")
    let refused = repository.pawl("run", "--trials", "1")
    try expectSnapshot("dirty", refused.shown, normalised: Normaliser(repository))
    #expect(!repository.exists(".pawl/repo/journal.sqlite"), "nothing was begun")
    let taken = repository.pawl("run", "--trials", "1", "--allow-dirty")
    #expect(taken.code == 0)
    #expect(taken.messages.contains("the baseline takes in 2 uncommitted paths"), "\(taken.messages)")
    #expect(repository.read("train.sh")?.contains("# not committed") == true)
    #expect(try repository.git("status", "--short").contains("notes with spaces.txt"), "the tree stays as it was")
    let commit = try #require(
      repository.pawl("show", "0").output.firstMatch(of: try Regex("[0-9a-f]{40}")).map { String($0.0) })
    #expect(try repository.git("show", "\(commit):train.sh").contains("# not committed"))
  }

  @Test func `names with spaces, unicode and line breaks, submodules and links survive`() throws {
    let repository = try repository()
    let inner = try TemporaryRepository(["a.txt": "inner\n"])
    for name in ["with space.txt", "grüße-数据.txt", "line\nbreak.txt", "-dash", "quote'\".txt"] {
      let file = try #require(fopen("\(repository.root)/\(name)", "w"))
      fputs("data\n", file)
      fclose(file)
    }
    symlink("with space.txt", "\(repository.root)/inside-link")
    try repository.git("submodule", "-q", "add", inner.root, "vendored")
    try repository.commit("odd names")
    let check = """
      [ -f 'with space.txt' ] && [ -f 'grüße-数据.txt' ] && [ -f "$(printf 'line\\nbreak.txt')" ] && [ -f ./-dash ] || exit 9
      [ "$(cat inside-link)" = data ] || exit 10
      sh train.sh
      """
    try #require(repository.initialise(command: check).code == 0)
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)\(repository.pawl("show", "0").output)")
  }

  @Test func `a link that leads out of the repository is refused by name`() throws {
    let repository = try repository()
    symlink("/etc/passwd", "\(repository.root)/outside")
    try repository.commit("a link")
    try #require(repository.initialise().code == 0)
    try expectSnapshot("link-outside", repository.pawl("run").shown, normalised: Normaliser(repository))
  }

  @Test func `a branch that somebody moved or checked out is not overwritten`() throws {
    // Whatever is tried first is better: what the knob agent sees before it proposes depends on how busy the machine is.
    let script = "depth=2  # pawl: 2...60\necho \"loss: $((900 - 9 * depth)).$((PAWL_SEED % 10))\"\n"
    let repository = try repository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "2").code == 0)
    let tip = try repository.git("rev-parse", "pawl/repo")
    try repository.git("branch", "-f", "pawl/repo", "main")
    let moved = repository.pawl("run", "--trials", "1")
    try expectSnapshot("branch-moved", moved.shown, normalised: Normaliser(repository))
    #expect(try repository.git("rev-parse", "pawl/repo") == repository.git("rev-parse", "main"))
    try repository.git("branch", "-f", "pawl/repo", tip)
    #expect(repository.pawl("run", "--trials", "1").code == 0, "mended as the hint says")
    try repository.git("checkout", "-q", "pawl/repo")
    let checkedOut = repository.pawl("run", "--trials", "1")
    try expectSnapshot("branch-checked-out", checkedOut.shown, normalised: Normaliser(repository))
    #expect(try repository.git("status", "--short") == "?? pawl.yaml\n?? program.md", "the user's tree is untouched")
    try repository.git("checkout", "-q", "main")
    #expect(repository.pawl("run", "--trials", "1").code == 0)
  }

  // MARK: pawl.yaml

  @Test(arguments: [
    ("unknown-key", "command:", "comand:"), ("wrong-unit", "# wall: 10min", "wall: 10parsecs"),
    ("duplicate-key", "study: repo", "study: repo\nstudy: again"), ("no-worker", "# workers: 1", "workers: 0 #"),
    ("overlap", "# frozen: []", "frozen: [train.sh] #"), ("no-number", "pattern: '", "pattern: '(a)(b)"),
    ("no-yaml-at-all", "study: repo", "a: [1,"),
  ])
  func `a mistake in pawl yaml is named with its line and a way out`(name: String, old: String, new: String) throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    let yaml = try #require(repository.read("pawl.yaml"))
    try #require(yaml.contains(old))
    try repository.write(yaml.replacing(old, with: new, maxReplacements: 1), to: "pawl.yaml")
    let run = repository.pawl("run")
    #expect(run.code == 2)
    try expectSnapshot("yaml-\(name)", run.shown, normalised: Normaliser(repository))
  }

  @Test func `a start that tried nothing is set aside when its command is mended`() throws {
    let repository = try TemporaryRepository(["train.sh": "A=1\necho loss: $A.$PAWL_SEED\n"])
    func initialise(_ command: String) -> Int32 {
      let run = repository.pawl("init", "--force", "--command", command, "--metric", "loss", "--editable", "train.sh")
      repository.ignoreForeignLoad()
      return run.code
    }
    #expect(initialise("sh tarin.sh") == 0)
    #expect(repository.pawl("run").code == 3)
    #expect(initialise("sh train.sh") == 0)
    let run = repository.pawl("run", "--trials", "2")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.contains("the earlier start, which tried nothing, is kept in"))
    #expect(repository.pawl("log").output.contains("kept"))
  }

  @Test func `a changed command is refused between sessions and changed workers are not`() throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1").code == 0)
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(yaml.replacing("command: sh train.sh", with: "command: sh ./train.sh"), to: "pawl.yaml")
    let run = repository.pawl("run", "--trials", "1")
    try expectSnapshot("changed-command", run.shown, normalised: Normaliser(repository))
    try repository.write(yaml.replacing("# workers: 1", with: "workers: 2 #"), to: "pawl.yaml")
    let more = repository.pawl("run", "--trials", "1")
    #expect(more.code == 0)
    #expect(more.messages.contains("pawl.yaml changed since the last session"))
  }

  // MARK: the baseline

  @Test(arguments: [
    ("metric-missing", "echo one; echo two; echo three"), ("command-missing", "no-such-program --now"),
    ("baseline-fails", "echo 'loss: 1'; echo 'out of luck' >&2; exit 3"), ("says-nothing", "true"),
    ("nan", "echo loss: nan"), ("inf", "echo loss: -inf"), ("too-large", "echo loss: 1e999"),
    ("comma", "echo loss: 0,98"), ("killed", "echo dying; kill -9 $$"),
  ])
  func `a baseline that gives no number stops the study and shows the end of its log`(name: String, command: String)
    throws
  {
    let repository = try repository()
    try #require(repository.initialise(command: command).code == 0)
    let run = repository.pawl("run")
    #expect(run.code == 3)
    try expectSnapshot("baseline-\(name)", run.shown, normalised: Normaliser(repository))
    #expect(repository.pawl("run", "--quiet").messages.contains("failed: the baseline gave no measurement"))
    let shown = repository.pawl("show", "0").output
    #expect(shown.contains("end of \(repository.root)/.pawl/repo/logs/0/"), "\(shown)")
    #expect(repository.pawl("status").output.contains("failed: the baseline gave no measurement"))
  }

  @Test func `of several matches the last one after the last separator counts and run says so`() throws {
    let repository = try repository()
    let command = "echo 'loss: 9'; echo ---; echo 'loss: 1'; echo 'loss: 2'"
    try #require(repository.initialise(command: command).code == 0)
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.messages.contains("baseline 1/3  loss 2.00000, metric printed 2 times; the last one counts"))
  }

  // MARK: budgets

  @Test(arguments: [
    (("wall", "1s"), "trap '' TERM; sleep 1000", "timed out"),
    (("wall", "1s"), "(setsid sh -c 'trap \"\" TERM; sleep 1000' &) ; sleep 1000", "timed out"),
    (
      ("disk", "4MiB"), "for i in 1 2 3 4 5 6 7 8; do sleep 0.2; head -c 1000000 /dev/zero > file$i; done; sleep 250",
      "disk full"
    ),
    (("memory", "64MiB"), "a=x; while :; do a=$a$a; done", "out of memory"),
  ])
  func `an attempt never gets more than its budget`(budget: (String, String), command: String, outcome: String) throws {
    let repository = try repository()
    try #require(repository.initialise(command: command).code == 0)
    try repository.configure([budget])
    let run = repository.pawl("run")
    #expect(run.code == 3)
    #expect(run.messages.contains("gave no measurement: \(outcome)"), "\(run.messages)")
    #expect(!repository.exists(".pawl/repo/attempts/1"))
    let left = repository.shell("for p in /proc/[0-9]*; do readlink $p/cwd; done | grep '^\(repository.root)/.pawl'")
    #expect(left.output == "", "something outlived its attempt")
  }

  @Test func `two hundred megabytes of output are read to the metric behind them and capped on disk`() throws {
    let repository = try repository()
    let flood = "head -c 200000000 /dev/zero | tr '\\0' x; echo; echo 'loss: 1.5'"
    try #require(repository.initialise(command: flood).code == 0)
    try repository.configure([("log", "1MiB"), ("calibration", "2")])
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0)
    #expect(run.messages.contains("loss 1.50000"))
    var status = stat()
    try #require(stat("\(repository.root)/.pawl/repo/logs/0/1.log", &status) == 0)
    #expect(status.st_size < 2 << 20 && status.st_size > 1 << 19)
  }

  // MARK: the journal

  @Test(arguments: [
    ("cut-short", "head -c 9000 journal.sqlite > short; mv short journal.sqlite"),
    ("emptied", ": > journal.sqlite"), ("not-a-database", "echo this is not a journal > journal.sqlite"),
  ])
  func `a damaged journal is refused and left as it is`(name: String, damage: String) throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1").code == 0)
    try #require(repository.shell("cd .pawl/repo && { \(damage); }").code == 0)
    let before = repository.shell("cksum .pawl/repo/journal.sqlite").output
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 1)
    try expectSnapshot("journal-\(name)", run.shown, normalised: Normaliser(repository))
    #expect(repository.shell("cksum .pawl/repo/journal.sqlite").output == before)
  }

  @Test func `a journal that somebody edited is refused`() throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1").code == 0)
    // Bytes of the same length, as a hex editor would change them.
    let edit = "LC_ALL=C sed -i 's/\"measurement\":1.1/\"measurement\":0.1/g' .pawl/repo/journal.sqlite"
    let before = repository.shell("cksum .pawl/repo/journal.sqlite").output
    try #require(repository.shell(edit).code == 0)
    try #require(repository.shell("cksum .pawl/repo/journal.sqlite").output != before, "the edit found something")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 1)
    try expectSnapshot("journal-altered", run.shown, normalised: Normaliser(repository))
  }

  @Test func `a journal of a newer version is refused`() throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    try #require(repository.pawl("run", "--trials", "1").code == 0)
    // `user_version`, a big-endian number at offset 60 of a database's header (sqlite.org/fileformat2.html).
    let patch = "printf '\\377' | dd of=.pawl/repo/journal.sqlite bs=1 seek=63 conv=notrunc 2>/dev/null"
    try #require(repository.shell(patch).code == 0)
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 1)
    try expectSnapshot("journal-newer", run.shown, normalised: Normaliser(repository))
  }

  @Test(.enabled(if: geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0, "mounting a small disk takes root"))
  func `a full disk under the journal stops the study and loses nothing`() throws {
    let repository = try repository()
    try #require(repository.initialise().code == 0)
    // The folder `.pawl` lies on a disk of 1 MiB for as long as this shell lives, and its content is copied out at the end.
    let script = """
      mkdir .pawl && mount -t tmpfs -o size=1m pawl .pawl || exit 99
      timeout 600 '\(TemporaryRepository.program)' run --trials 2000; echo "code $?"
      cp -r .pawl '\(repository.place)/saved'
      """
    let run = repository.shell("unshare -m sh -c '\(script.replacing("'", with: "'\\''"))'")
    #expect(run.output.contains("code 1\n"), "\(run.shown)")
    #expect(run.messages.contains("disk"), "\(run.messages)")
    #expect(run.messages.contains("hint:"), "\(run.messages)")
    // On a larger disk the study carries on, and what was acknowledged is there.
    let recorded = run.messages.split(separator: "\n").count { $0.hasPrefix("baseline ") }
    repository.shell("rm -rf .pawl && cp -r '\(repository.place)/saved' .pawl")
    let next = repository.pawl("run", "--trials", "1")
    #expect(next.code == 0, "\(next.messages)")
    #expect(next.messages.contains("carries on"))
    let calibration = repository.pawl("show", "0").output.split(separator: "\n").count { $0.contains("calibration") }
    #expect(calibration >= recorded)
  }
}
