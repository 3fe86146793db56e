namespace AttentionKernels.Launching;

/// <summary>
/// A kernel of the Simt or the TensorCore schedule: one work group of <see cref="GroupSize"/> threads, shared memory and barriers.
/// </summary>
/// <typeparam name="TArguments">The kernel's arguments: one struct of views and numbers (no <see cref="bool"/>).</typeparam>
internal interface IGroupKernel<TArguments>
{
    /// <summary>Threads of a work group, along one dimension.</summary>
    static abstract int GroupSize { get; }

    /// <summary>Bytes of <c>SharedMemory.GetDynamic</c>, CUDA only; what the kernel allocates itself is not among them.</summary>
    static virtual int DynamicSharedBytes => 0;

    /// <summary>Whether the kernel is made of the instructions of <c>MicroKernels.Warp</c>: CUDA, sm_80 and newer.</summary>
    static virtual bool UsesTensorCores => false;

    /// <summary>What every thread of every group runs; <c>Grid.IdxX</c> is the group, <c>Group.IdxX</c> the thread.</summary>
    /// <param name="arguments">The arguments, the same for every thread.</param>
    static abstract void Run(TArguments arguments);
}
