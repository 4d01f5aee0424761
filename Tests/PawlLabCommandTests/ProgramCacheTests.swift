import Testing

import PawlReferee
@testable import PawlLabCommand

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ProgramCacheTests {
  private let scratch: Scratch
  private let cache: ProgramCache
  private let record = Array("let x = 1\n".utf8)
  private let program = noise(5000)

  init() throws {
    scratch = try Scratch()
    cache = try #require(ProgramCache(folder: scratch.path + "/deep/cache"))
  }

  /// Asks for a program; returns whether it had to be built.
  private func builds(_ record: [UInt8], _ program: [UInt8]? = nil, cache: ProgramCache? = nil) throws -> Bool {
    var built = false
    let path = scratch.path + "/train"
    let program = program ?? self.program
    try (cache ?? self.cache).program(for: record, at: path) { () throws(LabError) in
      built = true
      try writeFile(program, to: path)
    }
    #expect(readFile(path) == program)
    return built
  }

  private var entries: [String] {
    (fileNames(cache.folder) ?? []).filter { !$0.hasPrefix("lock-") }.map { "\(cache.folder)/\($0)" }
  }

  @Test func `a program is built once and found again, ready to run`() throws {
    #expect(try builds(record))
    #expect(try !builds(record))
    #expect(access(scratch.path + "/train", X_OK) == 0)
    #expect(try builds(record + [0x20], noise(10)))
  }

  @Test(arguments: [0, 1, 2500, 5000, 5010]) func `an entry that was cut short is built again`(bytes: Int) throws {
    #expect(try builds(record))
    try #require(truncate(try #require(entries.first), off_t(bytes)) == 0)
    #expect(try builds(record))
    #expect(try !builds(record))
  }

  @Test(arguments: [0, 4999, 5003, 5012, 5070]) func `an entry with a changed byte is built again`(place: Int) throws {
    #expect(try builds(record))
    let entry = try #require(entries.first)
    var bytes = try #require(readFile(entry))
    bytes[place] ^= 1
    try writeFile(bytes, to: entry)
    #expect(try builds(record))
  }

  @Test func `the longest unused go when the room is spent`() throws {
    var small = cache
    small.limit = 40_000
    for index in 0..<10 {
      #expect(try builds([UInt8(index)], cache: small))
      // Seconds are what the file system is asked for, so these are told apart by hand.
      var times = [timeval(tv_sec: 1000 + index, tv_usec: 0), timeval(tv_sec: 1000 + index, tv_usec: 0)]
      for entry in entries where readFile(entry).map({ $0[5000] == UInt8(index) }) == true { utimes(entry, &times) }
    }
    #expect(entries.reduce(0) { $0 + (readFile($1)?.count ?? 0) } <= small.limit)
    #expect(try !builds([9], cache: small))
    #expect(try builds([0], cache: small))
    #expect(try builds([77], noise(30_000), cache: small) && builds([77], noise(30_000), cache: small))
  }

  @Test func `attempts that come together wait for one compilation`() async throws {
    let counter = scratch.path + "/count"
    try writeFile([], to: counter)
    let (cache, record, program, folder) = (cache, record, program, scratch.path)
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<2 {
        group.addTask {
          let path = "\(folder)/train\(index)"
          try? cache.program(for: record, at: path) { () throws(LabError) in
            let descriptor = open(counter, O_WRONLY | O_APPEND | O_CLOEXEC)
            write(descriptor, "x", 1)
            close(descriptor)
            try writeFile(program, to: path)
          }
        }
      }
    }
    #expect(readFile(counter)?.count == 1)
    #expect(readFile(folder + "/train0") == program && readFile(folder + "/train1") == program)
  }

  @Test func `a build that fails is told and keeps nothing`() throws {
    #expect(throws: LabError.self) {
      try cache.program(for: record, at: scratch.path + "/train") { () throws(LabError) in
        throw LabError(.compileFailed, "no")
      }
    }
    #expect(entries.isEmpty)
  }

  @Test func `a folder that others may write to is not used`() throws {
    var status = stat()
    try #require(stat(cache.folder, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
    try #require(chmod(cache.folder, 0o777) == 0)
    #expect(ProgramCache(folder: cache.folder) == nil)
    #expect(ProgramCache(folder: "/proc/pawl-lab") == nil)
    #expect(ProgramCache(folder: try scratch.file("file", [1])) == nil)
  }

  @Test func `the environment names the folder`() {
    #expect(ProgramCache.path { ["PAWL_LAB_CACHE": "/a", "HOME": "/h"][$0] } == "/a")
    #expect(ProgramCache.path { ["XDG_CACHE_HOME": "/x", "HOME": "/h"][$0] } == "/x/pawl-lab")
    #expect(ProgramCache.path { ["XDG_CACHE_HOME": "x", "HOME": "/h"][$0] } == "/h/.cache/pawl-lab")
    #expect(ProgramCache.path { _ in nil } == nil)
  }
}
