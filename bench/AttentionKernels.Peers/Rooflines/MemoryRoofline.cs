using AttentionKernels.Peers.Operations;
using AttentionKernels.Peers.Peers;
using AttentionKernels.Rooflines;

namespace AttentionKernels.Peers.Rooflines;

/// <summary>How fast memory is: the bytes that an operation reads, read and copied.</summary>
internal sealed class MemoryRoofline(int threads) : IPeer
{
    /// <inheritdoc/>
    public string Name => "roofline";

    /// <inheritdoc/>
    public string? Unavailable => null;

    /// <inheritdoc/>
    public unsafe IEnumerable<Way> Ways(IOperation operation) => operation.FloatingPointOperations is not null
        ? []
        :
        [
            WayOf("read", VectorLoops.Read, writes: false, operation),
            WayOf("copy", VectorLoops.Copy, writes: true, operation),
            WayOf("copy-nontemporal", VectorLoops.CopyNonTemporal, writes: true, operation),
        ];

    private Way WayOf(string detail, VectorLoop loop, bool writes, IOperation operation) =>
        new(detail, () => new MemoryRun(loop, operation.BytesRead, writes, operation.Copies, threads), Scale: operation.Passes);
}
