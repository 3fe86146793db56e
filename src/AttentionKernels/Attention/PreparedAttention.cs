using AttentionKernels.Attention;

namespace AttentionKernels;

/// <summary>
/// What plans of attention have in common, whether over tensors (<see cref="AttentionPlan{T}"/>, <see cref="RaggedAttentionPlan{T}"/>) or
/// over pages (<see cref="PagedAttentionPlan{T}"/>): what was chosen, and memory to free.
/// </summary>
public abstract class PreparedAttention : IDisposable
{
    private readonly AttentionKernelSet _kernels;

    private protected PreparedAttention(AttentionKernelSet kernels) => _kernels = kernels;

    /// <summary>The device of the plan.</summary>
    public AttentionDevice Device => _kernels.Device;

    /// <summary>The algorithm that was chosen.</summary>
    public AttentionAlgorithm Algorithm => _kernels.Decision.Algorithm;

    /// <summary>The schedule that was chosen.</summary>
    public KernelSchedule Schedule => _kernels.Decision.Schedule;

    /// <summary>Into how many ranges the keys are split; 1 but for <see cref="AttentionAlgorithm.SplitKv"/>.</summary>
    public int Splits => _kernels.Decision.Splits;

    /// <summary>Device memory that the plan holds besides the tensors, in bytes. A paged or ragged plan has a list of tiles beside it, 28
    /// bytes each, with room for a step of decoding at first, and more once a step needs more.</summary>
    public long WorkspaceBytes => _kernels.WorkspaceBytes + OwnedBytes;

    /// <summary>Whether the plan was disposed.</summary>
    public bool IsDisposed => _kernels.IsDisposed;

    /// <summary>What was chosen, and why each candidate was taken or not; lines for people to read.</summary>
    /// <returns>The text.</returns>
    public string Explain() => _kernels.Explain();

    /// <summary>Waits for a run of another thread, and for what is under way, and frees the workspace.</summary>
    /// <exception cref="InvalidOperationException">The caller is a tile of a running kernel.</exception>
    public void Dispose()
    {
        _kernels.Dispose();
        DisposeOwned();
        GC.SuppressFinalize(this);
    }

    /// <summary>Bytes of what a plan has besides the kernels' workspace.</summary>
    private protected virtual long OwnedBytes => 0;

    /// <summary>Frees what a plan has besides the workspace.</summary>
    private protected virtual void DisposeOwned()
    {
    }
}
