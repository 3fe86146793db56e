{
    // TileGather.ColumnsCore
    global float* source = var0;
    const int sourceStride = var1;
    global long* offsets = var2;
    global float* target = var3;
    const int targetStride = var4;
    const int rows = var5;
    const int count = var6;
    for (int row = 0; row < rows; row++)
    for (int i = 0; i < count; i++)
    target[(long)i * targetStride + row] = source[offsets[row] + (long)i * sourceStride];
}
