internal import COpenSSL

/// The method of all window BIOs (`window_bio.h`): made once for the process, never freed; nil only if memory ran out.
///
/// `nonisolated(unsafe)` because a pointer is not Sendable. Swift initialises the constant once, under a lock, and
/// nobody changes what it points to after that.
nonisolated(unsafe) let windowBIOMethod: OpaquePointer? = COpenSSL_WindowBIO_makeMethod()
