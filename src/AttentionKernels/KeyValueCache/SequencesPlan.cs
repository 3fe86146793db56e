using AttentionKernels.Attention;
using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using ILGPU.Runtime;

namespace AttentionKernels.KeyValueCache;

/// <summary>Paged attention of each sequence by itself.</summary>
internal sealed class SequencesPlan<T>(BlockTable table, AttentionKernelSet<PagedLayout, RaggedWork> kernels)
    : StoredPagesPlan<T>(table, kernels)
    where T : unmanaged
{
    /// <inheritdoc/>
    protected override void Queue(
        AcceleratorStream stream, in AttentionCall call, in PagedLayout layout, RaggedWork sequences, ReadOnlySpan<int> queryLengths)
    {
        int longest = 0;
        foreach (int length in queryLengths)
            longest = Math.Max(longest, length);
        WorkPass<RaggedWork> pass = kernels.Pass(sequences, longest);
        kernels.Run(stream, call, layout, pass, pass);
    }
}
