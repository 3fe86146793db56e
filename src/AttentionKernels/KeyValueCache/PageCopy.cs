namespace AttentionKernels.KeyValueCache;

/// <summary>From which memory to which a page is copied.</summary>
internal enum PageCopy
{
    /// <summary>From a page of the device to another.</summary>
    OnDevice,

    /// <summary>From a page of the device to one of host memory.</summary>
    ToHost,

    /// <summary>From a page of host memory to one of the device.</summary>
    FromHost,
}
