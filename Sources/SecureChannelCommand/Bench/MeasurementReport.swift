internal import SecureChannel

/// What was measured, and how: as text for people, as JSON for machines.
struct MeasurementReport: Sendable {
    /// As it was given.
    var address: String
    var load: Load
    var setUp: SetUp
    var measurement: Measurement

    /// What TLS agreed on; nil without it.
    var tls: TLSConnectionInformation? { setUp.channels.first?.tls }

    /// Of requests' content.
    var mebibytesPerSecond: Double {
        measurement.callsPerSecond * Double(load.contentSize) / Double(1 << 20)
    }
}
