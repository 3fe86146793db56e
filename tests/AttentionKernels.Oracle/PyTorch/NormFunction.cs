namespace AttentionKernels.Oracle.PyTorch;

/// <summary>The norms that PyTorch has computed.</summary>
internal enum NormFunction
{
    /// <summary>Batch norm by the statistics of the batch.</summary>
    BatchTraining,

    /// <summary>Batch norm by running statistics.</summary>
    BatchInference,

    /// <summary>Layer norm over the last dimension.</summary>
    Layer,

    /// <summary>RMS norm over the last dimension.</summary>
    Rms,

    /// <summary>Group norm.</summary>
    Group,
}
