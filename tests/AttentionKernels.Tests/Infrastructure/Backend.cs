namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The backends that tests run on: the first usable device of each family.</summary>
public enum Backend
{
    Cpu,
    OpenCl,
    Cuda,
}
