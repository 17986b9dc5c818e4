#include "CTorchLibrary.h"
