namespace AttentionKernels;

/// <summary>
/// Marks a field of a kernel's arguments, a view or a struct of views, that the kernel only reads. Launches on several streams may then
/// read the same memory at once; memory of fields without the mark is taken to be written, and such launches are ordered.
/// </summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class KernelInputAttribute : Attribute;
