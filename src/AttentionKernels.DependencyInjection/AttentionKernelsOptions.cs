namespace AttentionKernels.DependencyInjection;

/// <summary>Which device a host opens.</summary>
public sealed class AttentionKernelsOptions
{
    /// <summary>What <see cref="AttentionDevice.Open(string)"/> takes, such as <c>cuda:1</c>, <c>opencl</c> or <c>cpu</c>; where
    /// <see langword="null"/>, the device that <see cref="AttentionDevice.Open()"/> chooses.</summary>
    public string? Device { get; set; }
}
