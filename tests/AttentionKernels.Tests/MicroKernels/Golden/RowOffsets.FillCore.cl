{
    // RowOffsets.FillCore
    global long* offsets = var0;
    const long start = var1;
    const long stride = var2;
    const int count = var3;
    for (int i = 0; i < count; i++) offsets[i] = start + i * stride;
}
