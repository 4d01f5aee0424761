import PawlCore
import Testing

@testable import PawlWorkspace

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct `Attempt folders` {
  private func place(_ workspace: Workspace, _ name: String = "attempt") throws -> String {
    try workspace.prepareFolder(study: .named("s")) + "/" + name
  }

  private func lay(
    _ workspace: Workspace, _ place: String, of commit: CommitHash? = nil, editable: Set<String> = ["train.py"]
  ) throws {
    let base = try workspace.headCommit()
    try workspace.materialise(commit ?? base, frozenFrom: base, isEditable: { editable.contains($0) }, in: place)
  }

  @Test func `frozen files come from the baseline, editable ones from the candidate`() throws {
    let repository = try TemporaryRepository(files: [
      "train.py": "1\n", "prepare.py": "frozen\n", "sub/extra.py": "e\n", "sub/gone.py": "g\n", "deep/gone/x": "x\n",
    ])
    repository.shell("git checkout -q -b side; echo 2 > train.py; echo cheat > prepare.py; echo new > added.py")
    repository.shell("echo sneak > sub/sneak.py; rm -r sub/gone.py deep; chmod +x sub/extra.py")
    try repository.commit("candidate")
    let workspace = try repository.open()
    let candidate = try workspace.headCommit()
    try repository.run("checkout", "-q", "main")
    let target = try place(workspace)
    let editable: Set = ["train.py", "added.py", "sub/gone.py", "sub/extra.py", "deep/gone/x"]
    try lay(workspace, target, of: candidate, editable: editable)
    #expect(repository.shell("cd '\(target)' && find . -type f | sort > ../found") == 0)
    #expect(repository.read(".pawl/s/found") == "./added.py\n./prepare.py\n./sub/extra.py\n./train.py\n")
    #expect(repository.read(target + "/train.py") == "2\n")
    #expect(repository.read(target + "/prepare.py") == "frozen\n")
    #expect(repository.shell("test -x '\(target)/sub/extra.py' && ! test -x '\(target)/train.py'") == 0)
    #expect(repository.shell("test -e '\(target)/deep' || test -e '\(target)/.git'") != 0)
  }

  @Test func `contents are git's own: no filter and no line end conversion runs`() throws {
    let repository = try TemporaryRepository(files: [
      ".gitattributes": "*.py filter=evil text eol=crlf\n", "a.py": "1\n2\n",
    ])
    repository.shell(
      "git config filter.evil.smudge 'touch \"\(repository.root)/.git/ran\"; cat'; git config core.autocrlf true")
    let workspace = try repository.open()
    let target = try place(workspace)
    try lay(workspace, target)
    #expect(repository.read(target + "/a.py") == "1\n2\n")
    #expect(repository.read(".git/ran") == nil)
  }

  @Test func `a folder that holds something is refused, an empty one is taken`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let target = try place(workspace)
    try FilePath.makeFolder(target)
    try lay(workspace, target)
    #expect(failure { try lay(workspace, target) }?.code == .folderNotEmpty)
  }

  @Test func `links within the repository are laid down`() throws {
    let repository = try TemporaryRepository(files: ["a/b/file": "f\n", "train.py": "1\n"])
    repository.shell(
      "ln -s ../../train.py a/b/up; ln -s a/b dir; ln -s dir/file through; ln -s nowhere dangling; ln -s loop loop")
    try repository.commit("links")
    let workspace = try repository.open()
    let target = try place(workspace)
    try lay(workspace, target)
    #expect(repository.read(target + "/a/b/up") == "1\n")
    #expect(repository.read(target + "/through") == "f\n")
    #expect(repository.shell("test -L '\(target)/dangling' && test -L '\(target)/loop'") == 0)
  }

  @Test(arguments: [
    "ln -s /etc/passwd out", "ln -s ../outside out", "ln -s a/../../x out", "mkdir -p d/e; ln -s ../../../x d/e/out",
    "mkdir -p d/e; ln -s ../.. d/e/up; ln -s d/e/up/../x out", "ln -s out2 out; ln -s /tmp out2",
  ])
  func `a link that leads out is refused by its name`(command: String) throws {
    let repository = try TemporaryRepository()
    repository.shell(command)
    try repository.commit("link")
    let workspace = try repository.open()
    let target = try place(workspace)
    let error = try #require(failure { try lay(workspace, target) })
    #expect(error.code == .linkLeadsOut)
    #expect(error.message.contains("out"))
    #expect(!FilePath.exists(target))
  }

  @Test func `a candidate's link that leads out is refused too, and one in place of a folder writes nothing outside`()
    throws
  {
    let repository = try TemporaryRepository(files: ["train.py": "1\n", "sub/frozen": "f\n"])
    repository.shell("git checkout -q -b side; ln -sf /etc/passwd train.py")
    try repository.commit("link")
    let workspace = try repository.open()
    let outside = try workspace.headCommit()
    repository.shell("git checkout -q main; git checkout -q -b swap; rm -r sub; ln -s .. sub")
    try repository.commit("swap")
    let swapped = try workspace.headCommit()
    repository.shell("git checkout -q main")
    #expect(failure { try lay(workspace, place(workspace, "1"), of: outside) }?.code == .linkLeadsOut)
    #expect(failure { try lay(workspace, place(workspace, "2"), of: swapped, editable: ["sub"]) } != nil)
    try lay(workspace, place(workspace, "3"), of: swapped)
    #expect(repository.read(".pawl/s/3/sub/frozen") == "f\n")
  }

  @Test func `submodules are filled from the user's checkout, or asked for`() throws {
    let inner = try TemporaryRepository(files: ["lib.py": "one\n"])
    let repository = try TemporaryRepository()
    repository.shell("git -c protocol.file.allow=always submodule add -q '\(inner.root)' 'my lib' >/dev/null 2>&1")
    try repository.commit("submodule")
    repository.shell("cd 'my lib' && echo two > lib.py && git -c user.name=x -c user.email=x@x commit -qam two")
    let workspace = try repository.open()
    let target = try place(workspace)
    try lay(workspace, target)
    #expect(repository.read(target + "/my lib/lib.py") == "one\n")
    repository.shell("git submodule deinit -q -f 'my lib'")
    let error = try #require(failure { try lay(repository.open(), place(workspace, "2")) })
    #expect(error.code == .submoduleUnavailable)
    #expect(error.message.contains("`my lib`"))
    #expect(error.hints.contains { $0.contains("git submodule update --init") })
  }

  @Test func `a pristine copy that was tampered with is made anew`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    try lay(workspace, place(workspace, "1"))
    repository.shell("for f in .pawl/cache/*/1/prepare.py; do echo FROZEN > $f; done")
    try lay(workspace, place(workspace, "2"))
    #expect(repository.read(".pawl/s/2/prepare.py") == "frozen\n")
    repository.shell("rm -r .pawl/cache/*/2")
    try lay(workspace, place(workspace, "3"))
    #expect(repository.read(".pawl/s/3/prepare.py") == "frozen\n")
  }

  @Test func `copies of processes that ended are swept, those in use are not`() throws {
    let repository = try TemporaryRepository()
    var first: Workspace? = try repository.open()
    try lay(try #require(first), place(try #require(first), "1"))
    repository.shell("mkdir -p .pawl/cache/4242-0/1 && touch .pawl/cache/4242-0/lock .pawl/cache/4242-0/1/x")
    let second = try repository.open()
    try lay(second, place(second, "2"))
    #expect(repository.shell("test -e .pawl/cache/4242-0") != 0)
    #expect(try FilePath.names(in: repository.root + "/.pawl/cache").count == 3)
    first = nil
    #expect(try FilePath.names(in: repository.root + "/.pawl/cache").count == 2)
    try lay(second, place(second, "3"))
  }

  @Test func `removal copes with read-only folders, odd names, links, deep folders and many files`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let target = try place(workspace)
    repository.shell(
      """
      mkdir -p '\(target)' keep && cd '\(target)' && echo safe > ../../../keep/file
      mkdir -p ro/inner && echo x > ro/inner/f && chmod 500 ro/inner && chmod 000 ro
      ln -s ../../../../keep linked; ln -s / root; touch 'new\nline' -- -rf; mkfifo pipe; mkdir "$(printf 'b\\377d')"
      mkdir many; cd many; seq 3000 | xargs touch; cd ..
      i=0; while [ $i -lt 300 ]; do mkdir ddddddddddddddddddddddddd && cd ddddddddddddddddddddddddd || exit 1; i=$((i+1)); done
      """)
    workspace.remove(target)
    #expect(!FilePath.exists(target))
    #expect(repository.read("keep/file") == "safe\n")
  }

  @Test func `removal leaves everything outside of the pawl folder alone`() throws {
    let repository = try TemporaryRepository()
    let workspace = try repository.open()
    let target = try place(workspace)
    repository.shell(
      "mkdir -p keep .pawl/s && echo 1 > keep/file && ln -s ../../keep .pawl/s/link && ln -s ../../keep .pawl/s/x")
    for path in ["/keep", "/.pawl", "", "/.pawl/../keep", "/.pawl/s/link/file", "/.pawl/s/missing/deeper"] {
      workspace.remove(repository.root + path)
    }
    workspace.remove("keep")
    #expect(repository.read("keep/file") == "1\n")
    workspace.remove(repository.root + "/.pawl/s/link")
    #expect(repository.read("keep/file") == "1\n")
    #expect(repository.shell("test -L .pawl/s/link") != 0)
    workspace.remove(target)
    #expect(repository.shell("test -d .pawl/s") == 0)
  }

  @Test func `two thousand files are laid down, and the figure printed`() throws {
    let repository = try TemporaryRepository()
    repository.shell(
      "for d in $(seq 20); do mkdir -p d$d/e; for f in $(seq 100); do echo $d $f > d$d/e/f$f; done; done")
    try repository.commit("many")
    let workspace = try repository.open()
    try lay(workspace, place(workspace, "1"))
    let target = try place(workspace, "2")
    let used = clock()
    let time = try ContinuousClock().measure { try lay(workspace, target) }
    print("2,002 files laid down in \((time.seconds * 1000).fixed(decimals: 1)) ms, \(clock() - used) us of CPU time")
    #expect(repository.shell("test $(find '\(target)' -type f | wc -l) = 2002") == 0)
  }
}
