namespace AttentionKernels.CodeGeneration;

/// <summary>A struct in memory that OpenCL C has another type for.</summary>
internal interface IOpenClTarget
{
    /// <summary>What pointers to the struct point to in OpenCL C: a type of as many bytes.</summary>
    static abstract string OpenClTarget { get; }
}
