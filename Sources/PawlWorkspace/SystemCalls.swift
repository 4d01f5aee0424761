#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

// Under names of their own, since methods called `read`, `write` and `close` hide the system's.

func systemWrite(_ number: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int { write(number, bytes, count) }
func systemRead(_ number: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int { read(number, bytes, count) }
func systemClose(_ number: Int32) -> Int32 { close(number) }
