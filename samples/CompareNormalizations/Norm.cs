namespace AttentionKernels.Samples.CompareNormalizations;

/// <summary>The norms in the order of columns and colours.</summary>
internal enum Norm
{
    /// <summary>By mean and variance of each feature over the batch.</summary>
    BatchTraining,

    /// <summary>By running statistics of each feature.</summary>
    BatchInference,

    /// <summary>By mean and variance of each token over its features.</summary>
    Layer,

    /// <summary>By the mean square of each token over its features.</summary>
    Rms,

    /// <summary>By mean and variance of each group of features in each sample.</summary>
    Group,

    /// <summary>What an experiment sets against the others; it says what that is.</summary>
    Comparison,
}

/// <summary>How the norms are called. A comparison is called as its experiment calls it.</summary>
internal static class NormNames
{
    /// <summary>The name above a column.</summary>
    public static string Name(this Norm norm) => norm switch
    {
        Norm.BatchTraining => "batch, training",
        Norm.BatchInference => "batch, inference",
        Norm.Layer => "layer",
        Norm.Rms => "RMS",
        Norm.Group => "group",
        _ => throw new ArgumentOutOfRangeException(nameof(norm), norm, "It has no name of its own."),
    };

    /// <summary>The line of a legend.</summary>
    public static string Description(this Norm norm) => norm switch
    {
        Norm.BatchTraining => "batch norm, training: statistics of each feature over the batch (Ioffe and Szegedy, 2015)",
        Norm.BatchInference => "batch norm, inference: the same by running statistics",
        Norm.Layer => "layer norm: statistics of each token over its features (Ba, Kiros and Hinton, 2016)",
        Norm.Rms => "RMS norm: the same without a mean (Zhang and Sennrich, 2019)",
        Norm.Group => "group norm: statistics of each group of features in a sample (Wu and He, 2018)",
        _ => throw new ArgumentOutOfRangeException(nameof(norm), norm, "It has no description of its own."),
    };
}
