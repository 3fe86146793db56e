using AttentionKernels.Attention;
using ILGPU.Runtime;

namespace AttentionKernels;

/// <summary>
/// Attention over a paged KV cache made ready for one cache and table, decode and prefill in one. Made by
/// <see cref="PagedAttentionOperations.PlanPagedAttention{T, TMask, TModifier}"/>; the caller disposes it.
/// </summary>
/// <remarks>
/// The query tokens of all sequences stand one after the other, [tokens, heads, headDim]; keys and values are found through the block
/// table. The kernels are those of contiguous attention, with another way to a token's key and value, so the results are the same bit for
/// bit. A plan has one workspace, and so one run at a time: a run on another stream waits for the last one, and one of another thread at
/// the same time is refused.
/// </remarks>
/// <typeparam name="T">The element type of query and output; one of <see cref="NumberFormat"/>. Keys and values are as the cache stores
/// them.</typeparam>
public abstract class PagedAttentionPlan<T> : PreparedAttention
    where T : unmanaged
{
    private protected PagedAttentionPlan(AttentionKernelSet kernels)
        : base(kernels)
    {
    }

    /// <summary>Queues the computation; the call returns before it is done, except on the managed CPU.</summary>
    /// <remarks>
    /// Where the table or the query lengths have changed since the last run, as every step of a growing sequence changes them, a copy to
    /// the device is queued first; changing them again waits for it.
    /// </remarks>
    /// <param name="query">The query tokens of all sequences [tokens, heads, headDim].</param>
    /// <param name="queryLengths">For each sequence of the table its number of query tokens; they are the last of its tokens.</param>
    /// <param name="output">The output, like the query, in a latent cache [tokens, heads, latentDim]; overlaps no input.</param>
    /// <param name="logSumExp">The dense log-sum-exp [heads, tokens], natural logarithm; not computed where <see langword="null"/>.</param>
    /// <param name="layer">The layer of the cache, from 0.</param>
    /// <param name="stream">The stream; the device's default stream where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">A tensor has a wrong shape, strides that kernels cannot use, or is of another device; or a
    /// length or the layer is out of range.</exception>
    /// <exception cref="DeviceFailedException">The driver refuses a launch.</exception>
    /// <exception cref="DeviceMemoryException">The step has more tiles than any before it, and the device has no memory for their
    /// list.</exception>
    /// <exception cref="InvalidOperationException">
    /// A sequence with queries was swapped out, or its pages have changed, since its row of the table was set; or another thread runs the
    /// plan at this moment.
    /// </exception>
    /// <exception cref="ObjectDisposedException">
    /// The plan, its device, cache or table, a sequence with queries, a tensor, or a view of the mask or the modifier is disposed.
    /// </exception>
    public abstract void Run(
        TensorView<T> query,
        ReadOnlySpan<int> queryLengths,
        TensorView<T> output,
        TensorView<float>? logSumExp = null,
        int layer = 0,
        AcceleratorStream? stream = null);
}
