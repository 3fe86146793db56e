namespace AttentionKernels;

/// <summary>
/// What plans of attention have in common, whether over tensors (<see cref="AttentionPlan{T}"/>) or over pages
/// (<see cref="PagedAttentionPlan"/>): what was chosen, and memory to free.
/// </summary>
public abstract class PreparedAttention : IDisposable
{
    private protected PreparedAttention()
    {
    }

    /// <summary>The device of the plan.</summary>
    public abstract AttentionDevice Device { get; }

    /// <summary>The variant that was chosen.</summary>
    public abstract AttentionVariant Variant { get; }

    /// <summary>The schedule that was chosen.</summary>
    public abstract KernelSchedule Schedule { get; }

    /// <summary>Into how many ranges the keys are split; 1 but for <see cref="AttentionVariant.SplitKv"/>.</summary>
    public abstract int Splits { get; }

    /// <summary>Device memory that the plan holds besides the tensors, in bytes.</summary>
    public abstract long WorkspaceBytes { get; }

    /// <summary>What was chosen, and why each candidate was taken or not; lines for people to read.</summary>
    /// <returns>The text.</returns>
    public abstract string Explain();

    /// <summary>Frees the workspace.</summary>
    public abstract void Dispose();
}
